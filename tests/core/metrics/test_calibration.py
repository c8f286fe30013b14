from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss

from core.metrics import calibration
from core.metrics.calibration import NUM_BINS, bins, calibration_of
from core.metrics.recalibration import EPSILON, logits

Sample = tuple[NDArray[Any], NDArray[np.int8], NDArray[np.float64]]


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """Tied, extreme or fine-grained probabilities of any labels, with weights."""
    size = draw(st.integers(1, 40))
    each = draw(st.sampled_from([st.sampled_from([0.0, 0.2, 0.5, 1.0]), st.floats(0, 1)]))
    scores = draw(st.lists(each, min_size=size, max_size=size))
    labels = draw(st.lists(st.integers(0, 1), min_size=size, max_size=size))
    weights = draw(st.lists(st.sampled_from([0.5, 1.0, 3.0]), min_size=size, max_size=size))
    return np.array(scores), np.array(labels, dtype=np.int8), np.array(weights)


def _drawn(num_images: int, seed: int = 0) -> Sample:
    rng = np.random.default_rng(seed)
    labels = (rng.random(num_images) < 0.3).astype(np.int8)
    scores = 1 / (1 + np.exp(-(1.4 * rng.normal(size=num_images) + labels - 1)))
    return scores, labels, rng.choice([0.5, 1.0, 2.0], size=num_images)


@settings(max_examples=60)
@given(samples())
def test_brier_and_log_loss_agree_with_scikit_learn(sample: Sample) -> None:
    scores, labels, weights = sample
    sums = calibration_of(scores, labels, weights)
    expected = brier_score_loss(labels, scores, sample_weight=weights, pos_label=1)
    assert calibration.brier(sums) == pytest.approx(expected, abs=1e-9)
    cut = np.clip(scores, EPSILON, 1 - EPSILON)
    expected = log_loss(labels, cut, sample_weight=weights, labels=[0, 1])
    assert calibration.log_loss(sums) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("is_weighted", [False, True])
@pytest.mark.parametrize("num_images", [40, 3000])
def test_slope_and_intercept_agree_with_statsmodels(num_images: int, is_weighted: bool) -> None:
    scores, labels, weights = _drawn(num_images)
    weights = weights if is_weighted else np.ones(num_images)
    sums = calibration_of(scores, labels, weights)
    x, binomial = logits(scores), sm.families.Binomial()
    joint = sm.GLM(labels, sm.add_constant(x), family=binomial, freq_weights=weights)
    alone = sm.GLM(labels, np.ones(num_images), family=binomial, freq_weights=weights, offset=x)
    slope, intercept = joint.fit(tol=1e-14).params[1], alone.fit(tol=1e-14).params[0]
    assert calibration.calibration_slope(sums) == pytest.approx(slope, abs=1e-9)
    assert calibration.calibration_intercept(sums) == pytest.approx(intercept, abs=1e-9)


def test_calibration_error_is_the_mean_distance_of_scikit_learns_calibration_curve() -> None:
    scores, labels, _ = _drawn(100 * NUM_BINS)
    found = calibration.expected_calibration_error(calibration_of(scores, labels))
    observed, predicted = calibration_curve(labels, scores, n_bins=NUM_BINS, strategy="quantile")
    assert found == pytest.approx(np.abs(observed - predicted).mean(), abs=1e-9)


@settings(max_examples=60)
@given(samples())
def test_calibration_error_follows_its_formula_bin_by_bin(sample: Sample) -> None:
    scores, labels, weights = sample
    found = calibration.expected_calibration_error(calibration_of(scores, labels, weights))
    expected = 0.0
    for each in set(bins(scores)):
        inside = bins(scores) == each
        share = weights[inside].sum() / weights.sum()
        mean_score = np.average(scores[inside], weights=weights[inside])
        expected += share * abs(mean_score - np.average(labels[inside], weights=weights[inside]))
    assert found == pytest.approx(expected, abs=1e-9)


def test_equal_scores_share_a_bin() -> None:
    scores = np.array([0.1] * 50 + [0.2] * 3 + [0.9] * 47)
    assert [len(set(bins(scores)[scores == value])) for value in (0.1, 0.2, 0.9)] == [1, 1, 1]


@pytest.mark.parametrize("labels", [[0, 0, 1, 1], [1, 1, 0, 0], [0, 1, 1, 1]])
def test_a_score_that_separates_the_classes_leaves_no_slope(labels: list[int]) -> None:
    sums = calibration_of(np.array([0.1, 0.2, 0.2, 0.9])[:4], np.array(labels, dtype=np.int8))
    assert np.isnan(calibration.calibration_slope(sums))
    assert np.isfinite(calibration.calibration_intercept(sums))


def test_equal_scores_leave_no_slope() -> None:
    sums = calibration_of(np.full(4, 0.3), np.array([0, 1, 0, 1], dtype=np.int8))
    assert np.isnan(calibration.calibration_slope(sums))
    # All moved to the observed half: logit(1/2) − logit(0.3).
    expected = -np.log(0.3 / 0.7)
    assert calibration.calibration_intercept(sums) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_leaves_no_fit(label: int) -> None:
    sums = calibration_of(np.array([0.2, 0.7]), np.full(2, label, dtype=np.int8))
    assert np.isnan(calibration.calibration_slope(sums))
    assert np.isnan(calibration.calibration_intercept(sums))
