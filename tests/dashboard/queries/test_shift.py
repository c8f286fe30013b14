import numpy as np
import pytest

from core.findings import FINDINGS
from core.tables import REPLICATES
from dashboard.queries.cells import Place, cells_at, replicates_at
from dashboard.queries.reading import Run, run_table
from dashboard.queries.shift import OPERATING, both_sides, shifted, transferable
from dashboard.stores import Stores

HOME = Place("chestxray14", "test", "source-val")
AWAY = Place("phantom-north", "test", "source-val")
ONE_LABEL = Place("guangzhou", "test", "source-val")


def test_the_gap_of_a_finding_is_the_difference_with_its_own_interval(
    phantom: Stores, run: Run
) -> None:
    replicates = run_table(phantom, run.run_id, REPLICATES)
    home, away = (replicates_at(replicates, each, "auroc")["Edema"] for each in (HOME, AWAY))
    values = [cells_at(run.metrics, each, "auroc")["Edema"].value for each in (HOME, AWAY)]

    row = next(row for row in shifted(run, replicates, AWAY) if row.finding == "Edema")

    assert row.gap is not None
    assert values[0] is not None
    assert values[1] is not None
    assert row.gap.value == pytest.approx(values[1] - values[0])
    expected = np.nanquantile(away.astype(np.float64) - home, [0.025, 0.975])
    assert (row.gap.low, row.gap.high) == pytest.approx(tuple(expected), abs=1e-6)


def test_a_finding_that_the_target_does_not_label_has_no_gap(phantom: Stores, run: Run) -> None:
    rows = shifted(run, run_table(phantom, run.run_id, REPLICATES), ONE_LABEL)

    assert [row.finding for row in rows] == list(FINDINGS)
    assert [row.finding for row in rows if row.is_scored_on_both] == ["Pneumonia"]


def test_nothing_is_transferred_to_the_own_source(run: Run) -> None:
    assert transferable(run, AWAY)
    assert not transferable(run, HOME)
    assert not transferable(run, Place("elsewhere", "test", "source-val"))


def test_promises_pair_the_operating_points_of_both_sides(run: Run) -> None:
    found = both_sides(run, ONE_LABEL, OPERATING)

    assert [row.finding for row in found] == ["Pneumonia"]
    own, away = found[0].pairs["alert_rate"]
    assert own == cells_at(run.metrics, HOME, "alert_rate")["Pneumonia"]
    assert away == cells_at(run.metrics, ONE_LABEL, "alert_rate")["Pneumonia"]
