from typing import Any

import polars as pl
import pytest

from core.tables import CURVES
from dashboard.figures.training import QUANTITIES, training_figure
from dashboard.tokens import BLUE
from tests.fixtures.drawn_marks import in_panel


@pytest.fixture
def curves() -> pl.DataFrame:
    rows = [
        {
            "stage": "head",
            "epoch": epoch,
            "learning_rate": rate,
            "train_loss": 1 / epoch,
            "val_map": rate * epoch,
            "val_auroc": 0.5,
            "selected": (epoch, rate) == (2, 0.1),
        }
        for epoch in (1, 2)
        for rate in (0.01, 0.1)
    ]
    return pl.DataFrame(rows, CURVES.schema)


def traces(curves: pl.DataFrame, quantity: str) -> list[dict[str, Any]]:
    return in_panel(training_figure(curves), list(QUANTITIES).index(quantity))


def test_each_candidate_has_a_line_and_the_chosen_one_lies_on_top_in_blue(
    curves: pl.DataFrame,
) -> None:
    other, chosen, mark = traces(curves, "map")

    assert other["line"]["color"] != BLUE
    assert chosen["line"]["color"] == BLUE
    assert list(chosen["y"]) == pytest.approx([10, 20])
    assert (list(mark["x"]), list(mark["y"])) == ([2], pytest.approx([20]))


def test_the_loss_is_not_a_per_cent(curves: pl.DataFrame) -> None:
    assert list(traces(curves, "loss")[0]["y"]) == [1, 0.5]


def test_what_was_not_measured_has_no_panel(curves: pl.DataFrame) -> None:
    unmeasured = curves.with_columns(val_map=pl.lit(None, pl.Float32))
    figure: dict[str, Any] = training_figure(unmeasured)

    assert figure["layout"]["xaxis"]["domain"] == [0, 1]
    assert not in_panel(figure, 1)
