import pytest

from core.tables import REPLICATES
from dashboard.figures.slopes import slopes
from dashboard.queries.cells import Cell, Place
from dashboard.queries.reading import Run, run_table
from dashboard.queries.shift import Shifted, shifted
from dashboard.stores import Stores
from tests.fixtures.drawn_marks import Drawn, drawn_marks

AWAY = Place("phantom-north", "test", "source-val")


@pytest.fixture
def rows(phantom: Stores, run: Run) -> list[Shifted]:
    return list(shifted(run, run_table(phantom, run.run_id, REPLICATES), AWAY))


def marks(rows: list[Shifted]) -> list[Drawn]:
    return drawn_marks(slopes(rows, "AUROC, %"))


def test_each_finding_is_hollow_at_home_and_filled_on_the_target(rows: list[Shifted]) -> None:
    for row, home, away in zip(rows, marks(rows)[::2], marks(rows)[1::2], strict=True):
        assert row.home is not None
        assert row.away is not None
        assert (home.symbol, home.x) == ("circle-open", pytest.approx(100 * value(row.home)))
        assert (away.symbol, away.x) == ("circle", pytest.approx(100 * value(row.away)))


def test_the_arms_are_the_interval(rows: list[Shifted]) -> None:
    for row, away in zip(rows, marks(rows)[1::2], strict=True):
        cell = row.away
        assert cell is not None
        assert cell.low is not None
        assert cell.high is not None
        below, above = value(cell) - cell.low, cell.high - value(cell)
        assert away.arms == pytest.approx((100 * below, 100 * above))


def test_lines_join_the_two_sides_of_a_finding(rows: list[Shifted]) -> None:
    lines = [each for each in slopes(rows, "")["data"] if each["mode"] == "lines"]
    points = [(x, y) for line in lines for x, y in zip(line["x"], line["y"], strict=True)]

    assert {(x, y) for x, y in points if x is not None} == {
        (mark.x, mark.y) for mark in marks(rows)
    }
    assert len(points) == 3 * len(rows)
    assert all(points[k] == (None, None) for k in range(2, len(points), 3))


def value(cell: Cell) -> float:
    assert cell.value is not None
    return cell.value
