from typing import Any

import pytest

from core.tables import REPLICATES
from dashboard.figures.slopes import slopes
from dashboard.queries.cells import Place
from dashboard.queries.reading import Run, run_table
from dashboard.queries.shift import Shifted, shifted
from dashboard.stores import Stores

AWAY = Place("phantom-north", "test", "source-val")


@pytest.fixture
def rows(phantom: Stores, run: Run) -> list[Shifted]:
    return list(shifted(run, run_table(phantom, run.run_id, REPLICATES), AWAY))


def traces(rows: list[Shifted]) -> list[dict[str, Any]]:
    return slopes(rows, "AUROC, %").to_dict()["data"]


def test_each_finding_is_hollow_at_home_and_filled_on_the_target(rows: list[Shifted]) -> None:
    marks = [trace for trace in traces(rows) if trace["mode"] == "markers"]

    home, away = marks[-2:]
    first = rows[0]
    assert first.home is not None
    assert first.away is not None
    assert first.home.value is not None
    assert first.away.value is not None
    assert (home["marker"]["symbol"], list(home["x"])) == ("circle-open", [100 * first.home.value])
    assert (away["marker"]["symbol"], list(away["x"])) == ("circle", [100 * first.away.value])
    assert len(marks) == 2 * len(rows)


def test_the_arms_are_the_interval(rows: list[Shifted]) -> None:
    mark = traces(rows)[-1]
    cell = rows[0].away

    assert cell is not None
    assert cell.value is not None
    assert cell.high is not None
    assert mark["error_x"]["array"] == [100 * (cell.high - cell.value)]
