import numpy as np
import pytest

from core.findings import FINDINGS
from core.metrics.operating import Counts
from core.metrics.planning import PlannedThreshold
from core.metrics.replicates import FindingReplicates
from core.metrics.rows import Averages, FindingResult, Question, metric_rows
from core.metrics.sample import Sample
from core.metrics.table import METRICS
from core.metrics.thresholds import Basis
from core.metrics.values import MetricValue

MANY = Sample(
    n=100, n_positive=40, n_patients=50, n_positive_patients=80, effective_positive_patients=120.0
)
AUROC = Question(METRICS["auroc"], None)


def _result(column: int, areas: list[float], sample: Sample = MANY) -> FindingResult:
    replicates = FindingReplicates({"auroc": np.array(areas)}, {}, np.full(5, column + 1.0))
    return FindingResult(FINDINGS[column], sample, None, replicates, {})


def _rows(question: Question, *results: FindingResult) -> list[MetricValue]:
    num_resamples = 4
    return list(metric_rows(question, results, Averages(tuple(results), MANY, num_resamples)))


def test_the_first_value_is_the_sample_and_the_rest_are_replicates() -> None:
    row, *_ = _rows(AUROC, _result(0, [0.8, 0.6, 0.7, 0.8, 0.9]))
    assert row.value == 0.8
    assert (row.ci_low, row.ci_high) == pytest.approx(
        np.percentile([0.6, 0.7, 0.8, 0.9], [2.5, 97.5])
    )
    assert row.flag is None


def test_the_macro_is_undefined_in_a_replicate_that_misses_a_member() -> None:
    _, _, macro, _ = _rows(
        AUROC,
        _result(0, [0.8, 0.6, np.nan, 0.8, 0.9]),
        _result(1, [0.6, 0.6, 0.7, 0.6, 0.5]),
    )
    assert macro.value == pytest.approx(0.7)
    np.testing.assert_allclose(macro.replicates, [0.6, np.nan, 0.7, 0.7], atol=1e-7)
    assert (macro.n_labels, macro.flag) == (2, "undefined-replicates")


def test_a_member_of_one_patient_leaves_the_macro_without_interval() -> None:
    lonely = Sample(
        n=5, n_positive=2, n_patients=1, n_positive_patients=1, effective_positive_patients=1.0
    )
    row, _, macro, _ = _rows(
        AUROC,
        _result(0, [0.8] * 5, lonely),
        _result(1, [0.6, 0.6, 0.7, 0.6, 0.5]),
    )
    assert (row.ci_low, macro.ci_low) == (None, None)
    assert macro.value == pytest.approx(0.7)


def test_rows_compare_by_what_they_say_and_not_by_their_replicates() -> None:
    one, *_ = _rows(AUROC, _result(0, [0.8, 0.7, 0.7, 0.7, 0.7]))
    two, *_ = _rows(AUROC, _result(0, [0.8, 0.7, 0.7, 0.7, 0.7]))
    assert one == two


def test_only_metrics_of_pooled_outcomes_have_a_micro_average() -> None:
    for name in ("f1", "specificity"):
        metric = METRICS[name]
        ones = np.ones(5)
        replicates = FindingReplicates({}, {"oracle": Counts(ones, ones, ones, ones)}, ones)
        plan = {"oracle": PlannedThreshold(0.5, Basis.EVALUATED, None, None)}
        result = FindingResult(FINDINGS[0], MANY, None, replicates, plan)
        found = [row.finding for row in _rows(Question(metric, "oracle"), result)]
        assert ("micro" in found) == metric.micro


def test_a_weighted_average_counts_positives_anew_in_each_replicate() -> None:
    positives = np.array([30.0, 10, 20, 30, 40])
    areas = np.array([0.8, 0.6, 0.7, 0.8, 0.9])
    one = FindingReplicates({"auroc": areas}, {}, positives)
    two = FindingReplicates({"auroc": np.full(5, 0.5)}, {}, np.full(5, 10.0))
    *_, weighted = _rows(
        AUROC,
        *(FindingResult(FINDINGS[k], MANY, None, each, {}) for k, each in enumerate((one, two))),
    )
    expected = (positives * areas + 10 * 0.5) / (positives + 10)
    assert weighted.value == pytest.approx(expected[0], abs=1e-12)
    np.testing.assert_allclose(weighted.replicates, expected[1:], atol=1e-7)


def test_a_value_outside_its_interval_is_flagged() -> None:
    row, *_ = _rows(AUROC, _result(0, [0.95, 0.6, 0.7, 0.8, 0.9]))
    assert row.flag == "biased-replicates"
