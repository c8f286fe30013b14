import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, confusion_matrix, roc_auc_score

from core.metrics.bootstrap import PatientBootstrap
from core.metrics.ranking import auroc_of, average_precision_of
from core.metrics.weighting import WeightedFinding, rank_finding, unweighted


def _weighted(
    seed: int, num_images: int, decimals: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, WeightedFinding]:
    rng = np.random.default_rng(seed)
    patients = rng.integers(max(num_images // 3, 1), size=num_images).astype(str)
    scores = rng.random(num_images).round(decimals)
    labels = (rng.random(num_images) < 0.4).astype(np.int8)
    bootstrap = PatientBootstrap(patients, seed, num_resamples=12)
    counts = next(bootstrap.chunks(12))
    ranked = rank_finding(scores, labels, bootstrap.patient_rows, bootstrap.num_patients)
    return scores, labels, bootstrap.image_weights(counts), ranked.weighted(counts)


@settings(max_examples=30)
@given(seed=st.integers(0, 9999), num_images=st.integers(2, 150), decimals=st.integers(1, 5))
def test_ranking_metrics_of_a_replicate_are_scikit_learns_with_sample_weight(
    seed: int, num_images: int, decimals: int
) -> None:
    scores, labels, weights, finding = _weighted(seed, num_images, decimals)
    areas, precisions = auroc_of(finding.steps), average_precision_of(finding.steps)
    for replicate, weight in enumerate(weights.T):
        if len(np.unique(labels[weight > 0])) < 2:
            assert np.isnan(areas[replicate])
            assert np.isnan(precisions[replicate])
            continue
        expected = roc_auc_score(labels, scores, sample_weight=weight)
        assert areas[replicate] == pytest.approx(expected, abs=1e-9)
        expected = average_precision_score(labels, scores, sample_weight=weight)
        assert precisions[replicate] == pytest.approx(expected, abs=1e-9)


@settings(max_examples=30)
@given(seed=st.integers(0, 9999), num_images=st.integers(1, 150))
def test_counts_at_thresholds_are_weighted_confusion_matrices(seed: int, num_images: int) -> None:
    scores, labels, weights, finding = _weighted(seed, num_images, decimals=1)
    thresholds = np.random.default_rng(seed).integers(-1, 12, size=12) / 10
    counts = finding.counts_at(thresholds)
    for replicate, weight in enumerate(weights.T):
        predicted = scores >= thresholds[replicate]
        matrix = confusion_matrix(labels, predicted, labels=[0, 1], sample_weight=weight)
        found = [counts.tn, counts.fp, counts.fn, counts.tp]
        np.testing.assert_array_equal([each[replicate] for each in found], matrix.ravel())


def test_a_missing_threshold_gives_missing_counts() -> None:
    *_, finding = _weighted(0, 30, decimals=2)
    thresholds = np.full(12, 0.5)
    thresholds[4] = np.nan
    counts = finding.counts_at(thresholds)
    for outcome in (counts.tp, counts.fp, counts.fn, counts.tn):
        np.testing.assert_array_equal(np.flatnonzero(np.isnan(outcome)), [4])


@settings(max_examples=30)
@given(seed=st.integers(0, 9999), num_images=st.integers(1, 100), num_alerts=st.integers(1, 30))
def test_the_highest_threshold_with_enough_alerts_is_found(
    seed: int, num_images: int, num_alerts: int
) -> None:
    scores, _, weights, finding = _weighted(seed, num_images, decimals=1)
    found = finding.highest(np.full(12, float(num_alerts)))
    for replicate, weight in enumerate(weights.T):
        falling = np.sort(np.repeat(scores, weight))[::-1]
        expected = falling[num_alerts - 1] if num_alerts <= len(falling) else np.nan
        np.testing.assert_equal(found[replicate], expected)


def test_the_sample_itself_is_one_replicate_with_weights_of_one() -> None:
    scores, labels = np.array([0.9, 0.2, 0.4]), np.array([1, 0, 1], dtype=np.int8)
    finding = unweighted(scores, labels)
    assert auroc_of(finding.steps) == pytest.approx([1.0])
    np.testing.assert_array_equal(finding.all_positive, [2])
