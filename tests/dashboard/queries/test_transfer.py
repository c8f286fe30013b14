import numpy as np
import polars as pl
import pytest

from core.findings import FINDINGS
from core.tables import METRICS, REPLICATES
from dashboard.queries.cells import Place, cells_at, replicates_at
from dashboard.queries.reading import Run, run_table
from dashboard.queries.transfer import scored_findings, transfer
from dashboard.stores import Stores

HOME = Place("chestxray14", "test", "source-val")
AWAY = Place("phantom-north", "test", "source-val")
ONE_LABEL = Place("guangzhou", "test", "source-val")


def test_over_all_findings_home_is_the_stored_macro(phantom: Stores, run: Run) -> None:
    replicates = run_table(phantom, run.run_id, REPLICATES)
    stored = cells_at(run.metrics, HOME, "auroc")["macro"]

    moved = transfer(run.metrics, replicates, "chestxray14", AWAY)

    assert moved is not None
    assert moved.findings == FINDINGS
    assert moved.at_home.value == pytest.approx(stored.value)
    assert moved.at_home.low == pytest.approx(stored.low, abs=1e-6)
    assert moved.at_home.high == pytest.approx(stored.high, abs=1e-6)


def test_the_gap_is_target_minus_home_with_the_interval_of_that_difference(
    phantom: Stores, run: Run
) -> None:
    replicates = run_table(phantom, run.run_id, REPLICATES)
    home, away = (
        replicates_at(replicates, where, "auroc")["macro"].astype(np.float64)
        for where in (HOME, AWAY)
    )
    values = [cells_at(run.metrics, where, "auroc")["macro"].value for where in (AWAY, HOME)]

    moved = transfer(run.metrics, replicates, "chestxray14", AWAY)

    assert moved is not None
    assert values[0] is not None
    assert values[1] is not None
    assert moved.gap.value == pytest.approx(values[0] - values[1])
    expected = np.nanquantile(away - home, [0.025, 0.975])
    assert (moved.gap.low, moved.gap.high) == pytest.approx(tuple(expected), abs=1e-6)


def test_a_target_with_one_label_is_held_against_that_label_at_home(
    phantom: Stores, run: Run
) -> None:
    replicates = run_table(phantom, run.run_id, REPLICATES)

    moved = transfer(run.metrics, replicates, "chestxray14", ONE_LABEL)

    assert moved is not None
    assert moved.findings == ("Pneumonia",)
    assert moved.at_home.value == cells_at(run.metrics, HOME, "auroc")["Pneumonia"].value


def test_a_finding_that_home_cannot_score_is_left_out_on_both_sides(run: Run) -> None:
    lost = pl.when((pl.col("dataset") == "chestxray14") & (pl.col("finding") == "Edema"))
    metrics = run.metrics.with_columns(lost.then(None).otherwise(pl.col("value")).alias("value"))
    rest = [finding for finding in FINDINGS if finding != "Edema"]
    home, away = (
        np.mean([cells_at(metrics, where, "auroc")[finding].value or 0 for finding in rest])
        for where in (HOME, AWAY)
    )

    moved = transfer(metrics, REPLICATES.empty(), "chestxray14", AWAY)

    assert moved is not None
    assert list(moved.findings) == rest
    assert moved.gap.value == pytest.approx(away - home)


def test_without_a_common_finding_there_is_no_gap(run: Run) -> None:
    lost = pl.when(pl.col("dataset") == "chestxray14")
    metrics = run.metrics.with_columns(lost.then(None).otherwise(pl.col("value")).alias("value"))

    assert transfer(metrics, REPLICATES.empty(), "chestxray14", AWAY) is None


def test_without_replicates_the_gap_has_no_interval(run: Run) -> None:
    moved = transfer(run.metrics, REPLICATES.empty(), "chestxray14", AWAY)

    assert moved is not None
    assert (moved.gap.low, moved.gap.high) == (None, None)


def test_at_home_nothing_is_transferred(phantom: Stores, run: Run) -> None:
    replicates = run_table(phantom, run.run_id, REPLICATES)

    assert transfer(run.metrics, replicates, "chestxray14", HOME) is None


def test_findings_without_labels_are_not_scored(run: Run) -> None:
    assert scored_findings(run.metrics, ONE_LABEL) == ("Pneumonia",)
    assert scored_findings(METRICS.empty(), ONE_LABEL) == ()
