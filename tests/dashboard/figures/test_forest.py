from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest

from dashboard.figures.forest import forest
from dashboard.queries.cells import Place
from dashboard.queries.forest import forest_frame
from dashboard.queries.leaderboard import leaderboard
from dashboard.queries.reading import Runs
from dashboard.stores import Stores


@pytest.fixture
def frame(phantom: Stores, runs: Runs) -> pl.DataFrame:
    return forest_frame(leaderboard(phantom, runs, Place("phantom-north", "test", "source-val")))


def traces(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return forest(frame, "AUROC macro, %").to_dict()["data"]


def labels(frame: pl.DataFrame) -> Sequence[str]:
    drawn: dict[str, Any] = forest(frame, "AUROC macro, %").to_dict()
    return drawn["layout"]["yaxis"]["ticktext"]


def test_values_and_intervals_are_drawn_in_per_cent(frame: pl.DataFrame) -> None:
    for trace, row in zip(traces(frame), frame.to_dicts(), strict=False):
        (value,) = trace["x"]
        assert value == pytest.approx(100 * row["value"])
        assert value + trace["error_x"]["array"][0] == pytest.approx(100 * row["high"])
        assert value - trace["error_x"]["arrayminus"][0] == pytest.approx(100 * row["low"])


def test_the_first_row_stands_on_top(frame: pl.DataFrame) -> None:
    heights = [trace["y"][0] for trace in traces(frame)[: frame.height]]

    assert heights == sorted(heights, reverse=True)
    assert labels(frame)[0].startswith(frame["title"][0].split(" · ")[0])


def test_marks_keep_the_colour_and_shape_of_their_run(frame: pl.DataFrame) -> None:
    marks = [trace["marker"] for trace in traces(frame)[: frame.height]]

    assert [(mark["color"], mark["symbol"]) for mark in marks] == list(
        frame.select("colour", "symbol").iter_rows()
    )


def test_unranked_runs_stand_back(frame: pl.DataFrame) -> None:
    opacities = [trace["opacity"] for trace in traces(frame)[: frame.height]]

    assert [opacity == 1 for opacity in opacities] == frame["is_ranked"].to_list()


def test_a_value_without_an_interval_has_no_arms(frame: pl.DataFrame) -> None:
    bare = frame.with_columns(pl.lit(None, pl.Float64).alias("low"))

    assert "error_x" not in traces(bare)[0]


def test_a_hostile_name_stays_a_name(frame: pl.DataFrame) -> None:
    hostile = frame.with_columns(pl.lit('<a href="javascript:alert(1)">x</a>').alias("title"))

    assert "<a " not in "".join(labels(hostile))
    assert "<a " not in traces(hostile)[0]["hovertemplate"]
