import numpy as np
import pytest
from numpy.typing import NDArray

from core.metrics.calibration import calibration_of
from core.metrics.flags import FLAGS
from core.metrics.operating import Counts, counts_at
from core.metrics.ranking import weighted_steps
from core.metrics.ratio import Values
from core.metrics.table import METRICS, Metric

LABELS = np.array([0, 0, 0, 1, 1, 1], dtype=np.int8)
PERFECT = LABELS.astype(np.float64)


def _of(metric: Metric, scores: Values, labels: NDArray[np.int8] = LABELS) -> float:
    if metric.of_counts:
        return float(metric.of_counts(counts_at(scores, labels, 0.5)))
    if metric.of_ranking:
        return float(metric.of_ranking(weighted_steps(scores, labels)))
    assert metric.of_probabilities
    return float(metric.of_probabilities(calibration_of(scores, labels)))


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_is_described_and_computed_in_exactly_one_way(name: str) -> None:
    metric = METRICS[name]
    assert metric.name == name
    assert metric.label
    assert metric.formula
    assert metric.source
    ways = (metric.of_ranking, metric.of_counts, metric.of_probabilities)
    assert sum(way is not None for way in ways) == 1
    assert metric.needs_threshold == (metric.of_counts is not None)
    assert metric.needs_threshold or not metric.micro
    assert metric.undefined in FLAGS


RANKABLE = [name for name, each in METRICS.items() if each.higher_is_better is not None]


@pytest.mark.parametrize("name", RANKABLE)
def test_a_perfect_model_has_the_best_value_and_the_worst_has_not(name: str) -> None:
    metric = METRICS[name]
    best, worst = _of(metric, PERFECT), _of(metric, 1 - PERFECT)
    assert best == pytest.approx(1.0 if metric.higher_is_better else 0.0, abs=1e-6)
    assert (worst < best) == metric.higher_is_better


@pytest.mark.parametrize("name", METRICS)
def test_without_an_image_every_metric_is_undefined(name: str) -> None:
    assert np.isnan(_of(METRICS[name], np.zeros(0), np.zeros(0, dtype=np.int8)))


@pytest.mark.parametrize("name", [name for name, each in METRICS.items() if each.of_counts])
def test_outcomes_keep_their_replicates(name: str) -> None:
    of_counts = METRICS[name].of_counts
    assert of_counts
    ones = np.ones(3)
    assert of_counts(Counts(ones, ones, ones, ones)).shape == (3,)
