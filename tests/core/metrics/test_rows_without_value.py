"""Every row without a value says why, and says nothing about an interval that it has not."""

from collections.abc import Callable

import numpy as np
import pytest

from core.findings import FINDINGS
from core.metrics.evaluate import evaluate
from core.metrics.flags import REASONS, ZERO_DENOMINATOR, codes
from core.metrics.rows import MetricValue
from core.metrics.rules import Threshold
from core.roles import NOT_SCORED, Target

MakeTarget = Callable[..., Target]

UNREACHABLE = (Threshold(2.0, n=9, n_positive=3),) * 14


def _rows(target: Target, policy: str = "source-val") -> list[MetricValue]:
    thresholds = {policy: UNREACHABLE}
    return evaluate(target.values, target.labels, target.patient_ids, thresholds, 20, seed=0)


def _flag(rows: list[MetricValue], finding: str, metric: str) -> str | None:
    (found,) = [row for row in rows if (row.finding, row.metric) == (finding, metric)]
    return found.flag


@pytest.mark.parametrize("finding", ["Mass", "macro", "micro"])
def test_zero_over_zero_is_the_reason_even_where_thresholds_are_given(
    make_target: MakeTarget, finding: str
) -> None:
    rows = _rows(make_target(num_images=300, num_patients=300))
    assert _flag(rows, finding, "precision") == "zero-denominator"
    assert _flag(rows, finding, "recall") == "given-thresholds"


def test_a_finding_without_labels_speaks_of_no_threshold(make_target: MakeTarget) -> None:
    target = make_target()
    target.labels[:, 0] = NOT_SCORED
    assert _flag(_rows(target), FINDINGS[0], "f1") == "not-annotated"


def test_a_fallback_is_told_beside_the_reason(make_target: MakeTarget) -> None:
    target = make_target(num_images=300, num_patients=300)
    fallen = (Threshold(2.0, n=9, n_positive=3, flag="rate-fallback"),) * 14
    thresholds = {"source-val": fallen}
    rows = evaluate(target.values, target.labels, target.patient_ids, thresholds, 20, seed=0)
    assert _flag(rows, "Mass", "precision") == "zero-denominator, rate-fallback"


@pytest.mark.parametrize("policy", ["fixed-0.5", "source-val", "target-rate"])
def test_a_row_has_a_value_or_a_reason_and_never_both(make_target: MakeTarget, policy: str) -> None:
    target = make_target()
    target.labels[:, 0] = NOT_SCORED
    target.labels[:, 1] = 0
    target.values[:, 2] = np.nan
    for row in _rows(target, policy):
        reasons = (REASONS | {ZERO_DENOMINATOR}).intersection(codes(row.flag))
        assert (row.value is None) == bool(reasons)
