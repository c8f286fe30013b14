import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import auc, confusion_matrix, precision_recall_curve, roc_curve

from core.findings import Finding
from dashboard.queries.cells import Place, cells_at
from dashboard.queries.exploration import GRID, Explored, at_threshold, explored
from dashboard.queries.reading import Run
from dashboard.stores import Stores

WHERE = Place("phantom-north", "test", "source-val")


@pytest.fixture
def found(phantom: Stores, run: Run) -> Explored:
    known = explored(phantom, run.run_id, WHERE, Finding.MASS)
    assert known is not None
    return known


def test_the_roc_curve_is_scikit_learns(found: Explored) -> None:
    rate, sensitivity, _ = roc_curve(found.labels, found.scores, drop_intermediate=False)

    assert found.roc.y == pytest.approx(np.interp(GRID, rate, sensitivity))


def test_the_area_under_the_roc_curve_is_the_stored_auroc(found: Explored, run: Run) -> None:
    stored = cells_at(run.metrics, WHERE, "auroc")["Mass"].value

    assert auc(found.roc.x, found.roc.y) == pytest.approx(stored, abs=0.01)


def test_precision_is_that_at_the_first_score_that_reaches_the_recall(found: Explored) -> None:
    precision, recall, _ = precision_recall_curve(found.labels, found.scores)

    for target, value in zip(GRID[1:], found.pr.y[1:], strict=True):
        reached = recall[:-1] >= target - 1e-12
        assert value == pytest.approx(precision[:-1][reached][-1])


def test_calibration_is_scikit_learns_over_bins_of_equal_size(found: Explored) -> None:
    observed, mean = calibration_curve(found.labels, found.scores, n_bins=10, strategy="quantile")

    assert found.calibration.x == pytest.approx(mean, abs=0.02)
    assert found.calibration.y == pytest.approx(observed, abs=0.08)


def test_bands_hold_the_line(found: Explored) -> None:
    inside = (found.roc.low <= found.roc.y + 1e-9) & (found.roc.y <= found.roc.high + 1e-9)

    assert inside.mean() > 0.95


@pytest.mark.parametrize("cut", [0.0, 0.3, 0.5, 1.1])
def test_a_threshold_does_what_scikit_learn_counts(found: Explored, cut: float) -> None:
    tn, fp, fn, tp = confusion_matrix(found.labels, found.scores >= cut, labels=[0, 1]).ravel()

    at = at_threshold(found, cut)

    assert (at.counts.tp, at.counts.fp, at.counts.fn, at.counts.tn) == (tp, fp, fn, tn)
    assert at.ppv == (pytest.approx(tp / (tp + fp)) if tp + fp else None)
    assert at.alert_rate == pytest.approx((tp + fp) / len(found.labels))


def test_a_finding_without_labels_is_not_explored(phantom: Stores, run: Run) -> None:
    where = Place("guangzhou", "test", "source-val")

    assert explored(phantom, run.run_id, where, Finding.MASS) is None
