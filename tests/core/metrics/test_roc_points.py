import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from core.metrics.ranking import weighted_steps
from core.metrics.roc_points import sensitivity_at_specificity_of, specificity_at_sensitivity_of

Sample = tuple[NDArray[np.float64], NDArray[np.int8], NDArray[np.float64]]


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """Tied scores, both classes present with weight, some weights 0."""
    size = draw(st.integers(2, 40))
    scores = draw(st.lists(st.integers(0, 12), min_size=size, max_size=size))
    labels = draw(st.lists(st.integers(0, 1), min_size=size, max_size=size))
    weights = draw(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=size, max_size=size))
    labels[:2], weights[:2] = [0, 1], [1.0, 2.0]
    return np.array(scores, dtype=np.float64), np.array(labels, dtype=np.int8), np.array(weights)


@settings(max_examples=60)
@given(samples())
def test_sensitivity_and_specificity_at_90_percent_are_points_of_the_roc_curve(
    sample: Sample,
) -> None:
    scores, labels, weights = sample
    fpr, tpr, _ = roc_curve(labels, scores, sample_weight=weights, drop_intermediate=False)
    at = weighted_steps(scores, labels, weights)
    expected = tpr[fpr <= 0.1 + 1e-12].max()
    assert sensitivity_at_specificity_of(at) == pytest.approx(expected, abs=1e-9)
    expected = 1 - fpr[tpr >= 0.9 - 1e-12].min()
    assert specificity_at_sensitivity_of(at) == pytest.approx(expected, abs=1e-9)


def test_exactly_90_percent_is_enough() -> None:
    labels = np.array([1] * 10 + [0] * 10, dtype=np.int8)
    scores = np.concatenate([np.arange(10.0) + 5, [100.0], np.arange(9.0) - 20])
    at = weighted_steps(scores, labels)
    assert sensitivity_at_specificity_of(at) == 1.0
    assert specificity_at_sensitivity_of(at) == 0.9
