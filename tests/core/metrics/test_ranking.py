from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from core.errors import DataError
from core.metrics.ranking import (
    auroc,
    average_precision,
    weighted_steps,
)

Sample = tuple[NDArray[Any], NDArray[np.int8], NDArray[np.float64]]


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """Tied or fine-grained scores, both classes present with weight, some weights 0."""
    size = draw(st.integers(2, 40))
    ties = st.integers(0, 4).map(float)
    fine = st.floats(-5, 5, width=32)
    scores = draw(st.lists(draw(st.sampled_from([ties, fine])), min_size=size, max_size=size))
    labels = draw(st.lists(st.integers(0, 1), min_size=size, max_size=size))
    labels[:2] = [0, 1]
    weights = draw(st.lists(st.sampled_from([0.0, 0.5, 1.0, 3.0]), min_size=size, max_size=size))
    weights[:2] = [1.0, 2.0]
    return np.array(scores), np.array(labels, dtype=np.int8), np.array(weights)


@settings(max_examples=60)
@given(samples())
def test_auroc_and_average_precision_agree_with_scikit_learn(sample: Sample) -> None:
    scores, labels, _ = sample
    assert auroc(scores, labels) == pytest.approx(roc_auc_score(labels, scores), abs=1e-9)
    expected = average_precision_score(labels, scores)
    assert average_precision(scores, labels) == pytest.approx(expected, abs=1e-9)


@settings(max_examples=60)
@given(samples())
def test_weights_mean_what_they_mean_in_scikit_learn(sample: Sample) -> None:
    scores, labels, weights = sample
    expected = roc_auc_score(labels, scores, sample_weight=weights)
    assert auroc(scores, labels, weights) == pytest.approx(expected, abs=1e-9)
    expected = average_precision_score(labels, scores, sample_weight=weights)
    assert average_precision(scores, labels, weights) == pytest.approx(expected, abs=1e-9)


def test_large_single_precision_samples_agree_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    labels = (rng.random(20_000) < 0.05).astype(np.int8)
    scores = (rng.normal(size=20_000) + labels).astype(np.float32)
    assert auroc(scores, labels) == pytest.approx(roc_auc_score(labels, scores), abs=1e-9)
    expected = average_precision_score(labels, scores)
    assert average_precision(scores, labels) == pytest.approx(expected, abs=1e-9)


def test_ties_count_as_one_half() -> None:
    scores, labels = np.array([1.0, 1.0, 0.0]), np.array([1, 0, 0], dtype=np.int8)
    assert auroc(scores, labels) == 0.75


@pytest.mark.parametrize("labels", [[], [0], [1], [0, 0, 0], [1, 1, 1]])
def test_a_missing_class_is_undefined(labels: list[int]) -> None:
    scores, truth = np.arange(len(labels), dtype=np.float64), np.array(labels, dtype=np.int8)
    assert auroc(scores, truth) is None
    assert average_precision(scores, truth) is None


def test_a_class_without_weight_is_missing() -> None:
    scores, labels = np.array([0.1, 0.9]), np.array([0, 1], dtype=np.int8)
    assert auroc(scores, labels, np.array([1.0, 0.0])) is None
    assert average_precision(scores, labels, np.array([0.0, 1.0])) is None


def test_nan_is_refused_instead_of_ranked() -> None:
    with pytest.raises(DataError, match="1 of 2 are not finite"):
        auroc(np.array([0.1, np.nan]), np.array([0, 1], dtype=np.int8))


def test_only_groups_that_hold_a_positive_are_kept() -> None:
    scores = np.array([4.0, 3.0, 3.0, 2.0, 1.0])
    at = weighted_steps(scores, np.array([0, 1, 0, 0, 1], dtype=np.int8))
    np.testing.assert_array_equal(at.scores, [3, 1])
    np.testing.assert_array_equal(at.positive, [1, 2])
    np.testing.assert_array_equal(at.negative, [2, 3])
    np.testing.assert_array_equal(at.mixed, [0])
    np.testing.assert_array_equal(at.tied, [1])
