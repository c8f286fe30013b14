from collections.abc import Callable

import numpy as np
import pytest

from core.errors import ProtocolError
from core.findings import FINDINGS
from core.metrics.evaluate import EvaluatedData, evaluate_slices
from core.metrics.gaps import equal_opportunity, gaps
from core.metrics.slices import Slice
from core.metrics.values import MetricValue
from core.roles import NOT_SCORED, Target
from tests.fixtures.evaluated import HALF, row_of

MakeTarget = Callable[..., Target]


def _rows(target: Target) -> dict[str, list[MetricValue]]:
    is_woman = np.arange(len(target)) % 2 == 0
    groups = {"sex=F": is_woman, "sex=M": ~is_woman}
    data = EvaluatedData(target.values, target.labels, target.patient_ids)
    slices = [Slice(name, images=images) for name, images in groups.items()]
    return dict(zip(groups, evaluate_slices(data, HALF, 200, 1, slices=slices)[1:], strict=True))


def test_a_gap_is_the_paired_difference_of_two_subgroups(make_target: MakeTarget) -> None:
    rows = _rows(make_target())
    (found,) = [gap for gap in gaps(rows) if (gap.finding, gap.metric) == ("macro", "auroc")]
    one, two = (row_of(each, "macro", "auroc") for each in rows.values())
    assert one.value is not None
    assert two.value is not None
    assert (found.subgroup, found.other, found.policy) == ("sex=F", "sex=M", None)
    assert found.comparison.difference == pytest.approx(one.value - two.value, abs=1e-12)
    differences = one.replicates.astype(np.float64) - two.replicates
    interval = (found.comparison.ci_low, found.comparison.ci_high)
    assert interval == pytest.approx(np.nanpercentile(differences, [2.5, 97.5]), abs=1e-9)


def test_averages_over_different_findings_have_no_gap(make_target: MakeTarget) -> None:
    target = make_target()
    target.labels[::2, 0] = NOT_SCORED
    found = {(gap.finding, gap.metric): gap.comparison for gap in gaps(_rows(target))}
    assert found["macro", "auroc"].difference is None
    assert found[FINDINGS[0], "auroc"].difference is None
    assert found[FINDINGS[1], "auroc"].difference is not None


def test_equal_opportunity_compares_sensitivity_per_finding(make_target: MakeTarget) -> None:
    found = equal_opportunity(_rows(make_target()), "fixed-0.5")
    assert [gap.finding for gap in found] == list(FINDINGS)
    assert {(gap.metric, gap.policy) for gap in found} == {("recall", "fixed-0.5")}


def test_equal_opportunity_refuses_thresholds_from_the_target(make_target: MakeTarget) -> None:
    with pytest.raises(ProtocolError, match="'oracle' uses the target"):
        equal_opportunity(_rows(make_target()), "oracle")
