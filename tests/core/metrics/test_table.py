import numpy as np
import pytest

from core.metrics.operating import Counts
from core.metrics.ranking import weighted_steps
from core.metrics.table import METRICS, Metric

ONES = np.ones(3)
PERFECT_COUNTS = Counts(tp=2 * ONES, fp=0 * ONES, fn=0 * ONES, tn=2 * ONES)
WORST_COUNTS = Counts(tp=0 * ONES, fp=2 * ONES, fn=2 * ONES, tn=0 * ONES)
LABELS = np.array([0, 0, 1, 1], dtype=np.int8)
PERFECT_STEPS = weighted_steps(np.arange(4.0), LABELS)
WORST_STEPS = weighted_steps(-np.arange(4.0), LABELS)


def _of(metric: Metric, steps: object, counts: Counts) -> np.ndarray:
    if metric.of_counts:
        return metric.of_counts(counts)
    assert metric.of_ranking
    return np.asarray(metric.of_ranking(PERFECT_STEPS if steps is PERFECT_STEPS else WORST_STEPS))


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_is_described_and_computed_in_exactly_one_way(name: str) -> None:
    metric = METRICS[name]
    assert metric.name == name
    assert metric.label
    assert metric.formula
    assert metric.source
    assert (metric.of_ranking is None) == metric.needs_threshold
    assert metric.needs_threshold or not metric.micro


@pytest.mark.parametrize("name", [name for name, each in METRICS.items() if each.higher_is_better])
def test_a_perfect_model_scores_one_and_the_worst_less(name: str) -> None:
    metric = METRICS[name]
    np.testing.assert_allclose(_of(metric, PERFECT_STEPS, PERFECT_COUNTS), 1)
    assert (_of(metric, WORST_STEPS, WORST_COUNTS) < 1).all()


@pytest.mark.parametrize("name", [name for name, each in METRICS.items() if each.of_counts])
def test_outcomes_keep_their_replicates_and_0_of_0_stays_undefined(name: str) -> None:
    of_counts = METRICS[name].of_counts
    assert of_counts
    assert of_counts(PERFECT_COUNTS).shape == (3,)
    nobody = np.zeros(3)
    assert np.isnan(of_counts(Counts(nobody, nobody, nobody, nobody))).all()
