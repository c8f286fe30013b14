from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import (
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    precision_score,
    recall_score,
)

from core.metrics.operating import (
    Counts,
    alert_rate,
    balanced_accuracy,
    counts_at,
    f1,
    joined_counts,
    negative_predictive_value,
    pooled,
    precision,
    recall,
    specificity,
    standardised_counts,
)
from core.metrics.ratio import Values

ORACLES: dict[str, tuple[Callable[[Counts], Values], Callable[..., float], bool]] = {
    # Our metric, scikit-learn's, and whether the classes swap their places in it.
    "f1": (f1, f1_score, False),
    "precision": (precision, precision_score, False),
    "recall": (recall, recall_score, False),
    "specificity": (specificity, recall_score, True),
    "npv": (negative_predictive_value, precision_score, True),
}


@st.composite
def graded_samples(draw: st.DrawFn) -> tuple[Values, NDArray[np.int8], Values]:
    size = draw(st.integers(1, 30))
    grades = st.lists(st.integers(0, 4), min_size=size, max_size=size)
    labels = draw(st.lists(st.integers(0, 1), min_size=size, max_size=size))
    scores, weights = np.array(draw(grades)) / 4, np.array(draw(grades)) + 1.0
    return scores, np.array(labels, dtype=np.int8), weights


@pytest.mark.parametrize("name", ORACLES)
@settings(max_examples=40)
@given(sample=graded_samples())
def test_ratios_agree_with_scikit_learn(
    name: str, sample: tuple[Values, NDArray[np.int8], Values]
) -> None:
    metric, oracle, is_swapped = ORACLES[name]
    scores, labels, weights = sample
    found = metric(counts_at(scores, labels, 0.5, weights))
    truth, predicted = labels == 1, scores >= 0.5
    if is_swapped:
        truth, predicted = ~truth, ~predicted
    expected = oracle(truth, predicted, sample_weight=weights, zero_division=np.nan)
    if name == "f1" and not truth.any():
        expected = np.nan
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_counts_are_the_confusion_matrix() -> None:
    rng = np.random.default_rng(0)
    scores, labels = rng.random(200), (rng.random(200) < 0.3).astype(np.int8)
    counts = counts_at(scores, labels, 0.6)
    tn, fp, fn, tp = confusion_matrix(labels, scores >= 0.6).ravel()
    assert (counts.tp, counts.fp, counts.fn, counts.tn) == (tp, fp, fn, tn)
    expected = balanced_accuracy_score(labels, scores >= 0.6)
    assert balanced_accuracy(counts) == pytest.approx(expected, abs=1e-12)


def test_a_score_equal_to_the_threshold_is_an_alert() -> None:
    score = np.array([0.7], dtype=np.float32)
    assert counts_at(score, np.array([1], dtype=np.int8), float(score[0])).tp == 1


def test_f1_is_zero_where_positives_are_all_missed_and_undefined_without_positives() -> None:
    scores = np.array([0.1, 0.2])
    assert f1(counts_at(scores, np.array([1, 0], dtype=np.int8), 0.5)) == 0.0
    assert np.isnan(f1(counts_at(scores, np.array([0, 0], dtype=np.int8), 0.1)))


def test_zero_over_zero_is_undefined() -> None:
    counts = counts_at(np.array([0.1]), np.array([0], dtype=np.int8), 0.5)
    assert all(np.isnan(of(counts)) for of in (precision, recall, balanced_accuracy))
    assert (specificity(counts), negative_predictive_value(counts), alert_rate(counts)) == (1, 1, 0)


@settings(max_examples=40)
@given(sample=graded_samples(), prevalence=st.floats(0.01, 0.99))
def test_standardised_outcomes_are_those_of_weights_that_set_the_prevalence(
    sample: tuple[Values, NDArray[np.int8], Values], prevalence: float
) -> None:
    scores, labels, weights = sample
    found = standardised_counts(counts_at(scores, labels, 0.5, weights), prevalence)
    if len(np.unique(labels)) < 2:
        assert np.isnan(f1(found))
        return
    in_class = np.where(labels == 1, weights[labels == 1].sum(), weights[labels == 0].sum())
    share = np.where(labels == 1, prevalence, 1 - prevalence)
    expected = f1_score(labels, scores >= 0.5, sample_weight=weights / in_class * share)
    assert f1(found) == pytest.approx(expected, abs=1e-9)


def test_micro_f1_pools_the_outcomes_as_scikit_learn_does() -> None:
    rng = np.random.default_rng(1)
    scores, labels = rng.random((60, 3)), (rng.random((60, 3)) < 0.4).astype(np.int8)
    counts = [counts_at(scores[:, k], labels[:, k], 0.5) for k in range(3)]
    expected = f1_score(labels, (scores >= 0.5).astype(int), average="micro")
    assert f1(pooled(counts)) == pytest.approx(expected, abs=1e-12)


def test_chunks_are_joined_along_the_replicates() -> None:
    one, two = np.array([1.0]), np.array([2.0, 3.0])
    whole = joined_counts([Counts(one, one, one, one), Counts(two, two, two, two)])
    np.testing.assert_array_equal(whole.alerts, [2, 4, 6])
