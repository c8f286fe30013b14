from collections.abc import Sequence

import polars as pl
import pytest

from dashboard.figures.forest import forest
from dashboard.queries.cells import Place
from dashboard.queries.forest import forest_frame
from dashboard.queries.leaderboard import leaderboard
from dashboard.queries.reading import Runs
from dashboard.stores import Stores
from tests.fixtures.drawn_marks import Drawn, drawn_marks


@pytest.fixture
def frame(phantom: Stores, runs: Runs) -> pl.DataFrame:
    return forest_frame(leaderboard(phantom, runs, Place("phantom-north", "test", "source-val")))


def marks(frame: pl.DataFrame) -> list[Drawn]:
    return drawn_marks(forest(frame, "AUROC macro, %"))


def labels(frame: pl.DataFrame) -> Sequence[str]:
    return forest(frame, "AUROC macro, %")["layout"]["yaxis"]["ticktext"]


def test_values_and_intervals_are_drawn_in_per_cent(frame: pl.DataFrame) -> None:
    for mark, row in zip(marks(frame), frame.to_dicts(), strict=True):
        assert mark.x == pytest.approx(100 * row["value"])
        assert mark.arms == pytest.approx(
            (100 * (row["value"] - row["low"]), 100 * (row["high"] - row["value"]))
        )


def test_the_first_row_stands_on_top(frame: pl.DataFrame) -> None:
    assert [mark.y for mark in marks(frame)] == list(range(frame.height))[::-1]
    assert labels(frame)[0].startswith(frame["title"][0].split(" · ")[0])


def test_marks_keep_the_colour_and_shape_of_their_run(frame: pl.DataFrame) -> None:
    assert [(mark.colour, mark.symbol) for mark in marks(frame)] == list(
        frame.select("colour", "symbol").iter_rows()
    )


def test_unranked_runs_stand_back(frame: pl.DataFrame) -> None:
    assert [mark.opacity == 1 for mark in marks(frame)] == frame["is_ranked"].to_list()


def test_runs_that_look_alike_are_one_trace(frame: pl.DataFrame) -> None:
    twice = pl.concat([frame, frame])
    traces = forest(twice, "AUROC macro, %")["data"]

    assert len([trace for trace in traces if "text" in trace]) == frame.height
    assert len(marks(twice)) == 2 * frame.height


def test_a_value_without_an_interval_has_no_arms(frame: pl.DataFrame) -> None:
    bare = frame.with_columns(
        pl.when(pl.int_range(pl.len()) == 0).then(None).otherwise("low").alias("low")
    )

    assert [mark.arms is None for mark in marks(bare)] == [True] + [False] * (frame.height - 1)


def test_a_hostile_name_stays_a_name(frame: pl.DataFrame) -> None:
    hostile = frame.with_columns(pl.lit('<a href="javascript:alert(1)">x</a>').alias("title"))

    assert "<a " not in "".join(labels(hostile))
    assert "<a " not in "".join(mark.told for mark in marks(hostile))
