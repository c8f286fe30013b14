import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from core.metrics.ratio import Values
from core.metrics.rules import (
    LabelledScores,
    Threshold,
    best_f1_or_rate,
    best_f1_rule,
    own_rate_rule,
    rate_threshold,
    threshold_by,
)


def _images(
    scores: Values, labels: NDArray[np.int8], num_patients: int | None = None
) -> LabelledScores:
    patients = np.arange(len(labels)) % (num_patients or len(labels))
    return LabelledScores(scores, labels, patients.astype(str))


def _random(seed: int, num_images: int, decimals: int = 6) -> LabelledScores:
    rng = np.random.default_rng(seed)
    labels = (rng.random(num_images) < 0.3).astype(np.int8)
    return _images((rng.random(num_images) + 0.3 * labels).round(decimals), labels)


@settings(max_examples=40)
@given(seed=st.integers(0, 9999), num_images=st.integers(1, 40), decimals=st.integers(1, 6))
def test_the_best_f1_is_the_highest_of_the_best_thresholds_of_a_full_search(
    seed: int, num_images: int, decimals: int
) -> None:
    images = _random(seed, num_images, decimals)
    found = threshold_by(best_f1_rule, images)
    if not images.num_positive:
        assert found == Threshold(None, num_images, 0, "one-class")
        return
    candidates = np.unique(images.scores)
    f1 = [f1_score(images.labels, images.scores >= each) for each in candidates]
    best = candidates[np.isclose(f1, max(f1), rtol=0, atol=1e-12)].max()
    assert found == Threshold(best, num_images, images.num_positive)


@settings(max_examples=40)
@given(seed=st.integers(0, 9999), num_images=st.integers(1, 60), decimals=st.integers(1, 6))
def test_the_own_rate_is_the_quantile_rounded_up_to_a_score(
    seed: int, num_images: int, decimals: int
) -> None:
    images = _random(seed, num_images, decimals)
    falling = np.sort(images.scores)[::-1]
    expected = falling[max(images.num_positive, 1) - 1]
    assert threshold_by(own_rate_rule, images).value == expected
    prevalence = images.num_positive / num_images
    quantile = np.quantile(images.scores, 1 - prevalence, method="higher")
    assert expected == quantile


def test_the_own_rate_predicts_as_many_positives_as_there_are() -> None:
    images = _random(seed=4, num_images=500)
    value = threshold_by(own_rate_rule, images).value
    assert value is not None
    assert np.count_nonzero(images.scores >= value) == images.num_positive


def test_another_datas_rate_is_a_quantile_of_these_scores() -> None:
    reference = _random(seed=1, num_images=80)
    scores = np.random.default_rng(2).random(333)
    prevalence = reference.num_positive / 80
    expected = np.quantile(scores, 1 - prevalence, method="higher")
    assert rate_threshold(scores, reference) == Threshold(expected, 80, reference.num_positive)


def test_the_rate_of_the_same_scores_is_the_own_rate() -> None:
    images = _random(seed=3, num_images=70)
    assert rate_threshold(images.scores, images) == threshold_by(own_rate_rule, images)


@pytest.mark.parametrize(("num_patients", "flag"), [(19, "rate-fallback"), (20, None)])
def test_f1_needs_twenty_positive_patients_and_otherwise_falls_back_flagged(
    num_patients: int, flag: str | None
) -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.array([1, 0], dtype=np.int8), [num_patients * 3, 200])
    images = _images(rng.random(len(labels)) + 0.2 * labels, labels)
    of_patients = np.where(labels == 1, images.patient_ids.astype(int) % num_patients, 1000)
    images = LabelledScores(images.scores, labels, of_patients.astype(str))
    rule = own_rate_rule if flag else best_f1_rule
    assert best_f1_or_rate(images) == threshold_by(rule, images, flag)
    assert threshold_by(own_rate_rule, images).value != threshold_by(best_f1_rule, images).value


def test_without_labels_or_predictions_there_is_no_threshold() -> None:
    nobody = _images(np.array([]), np.array([], dtype=np.int8), 1)
    unpredicted = _images(np.full(3, np.nan), np.array([1, 0, 0], dtype=np.int8))
    assert best_f1_or_rate(nobody) == Threshold(None, 0, 0, "not-annotated")
    assert best_f1_or_rate(unpredicted) == Threshold(None, 3, 1, "not-predicted")
    scores = np.array([0.1, 0.2])
    assert rate_threshold(scores, nobody) == Threshold(None, 0, 0, "not-annotated")
    assert rate_threshold(scores * np.nan, unpredicted).flag == "not-predicted"
