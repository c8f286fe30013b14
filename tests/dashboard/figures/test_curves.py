from typing import Any

import pytest

from core.findings import Finding
from dashboard.figures.curves import AXES, curve_figure
from dashboard.queries.cells import Place
from dashboard.queries.curves import Curves, curves
from dashboard.queries.reading import Runs
from dashboard.stores import Stores
from tests.fixtures.drawn_marks import in_panel


@pytest.fixture
def found(phantom: Stores, runs: Runs) -> Curves:
    return curves(phantom, runs.read, Place("phantom-north", "test", "source-val"), Finding.MASS)


def traces(found: Curves, kind: str) -> list[dict[str, Any]]:
    figure = curve_figure(found.frame, found.prevalence)
    return in_panel(figure, list(AXES).index(kind))


@pytest.mark.parametrize("kind", AXES)
def test_each_run_has_a_line_and_an_operating_point(found: Curves, kind: str) -> None:
    guess, *drawn = traces(found, kind)
    lines = [trace for trace in drawn if trace["mode"] == "lines"]
    points = [x for trace in drawn if trace["mode"] == "markers" for x in trace["x"]]

    assert guess["line"]["dash"] == "dot"
    assert len(lines) == len(points) == 4


def test_a_guess_on_the_precision_recall_plot_has_the_precision_of_the_prevalence(
    found: Curves,
) -> None:
    guess, first, *_ = traces(found, "pr")

    assert found.prevalence is not None
    assert list(guess["y"]) == [100 * found.prevalence] * 2
    assert first["line"]["shape"] == "vh"


def test_no_more_than_200_points_a_line_are_sent(found: Curves) -> None:
    assert all(len(trace["x"]) <= 200 for trace in traces(found, "roc"))
