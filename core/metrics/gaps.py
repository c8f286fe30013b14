"""Differences between subgroups of the same images, paired by their shared replicates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from core.errors import ProtocolError
from core.findings import FINDINGS
from core.metrics.compare import Comparison, Estimate, compare
from core.metrics.thresholds import POLICIES
from core.metrics.values import MetricValue

EQUAL_OPPORTUNITY = "recall"
"""Equal opportunity: the same sensitivity at the same threshold (Hardt et al., NeurIPS 2016)."""


@dataclass(frozen=True)
class Gap:
    """What one subgroup has over another, unadjusted.

    Args:
        subgroup: One.
        other: The other.
        finding: A finding, or an average.
        metric: A name in `METRICS`.
        policy: A name in `POLICIES`; None where no threshold is used.
        comparison: subgroup − other; undefined where either is, or where averages cover
            different findings.
    """

    subgroup: str
    other: str
    finding: str
    metric: str
    policy: str | None
    comparison: Comparison


def gaps(rows_by_subgroup: Mapping[str, Sequence[MetricValue]]) -> list[Gap]:
    """The gaps of all pairs of subgroups, in every number that both have.

    Args:
        rows_by_subgroup: The rows of each subgroup, all from one call of `evaluate_slices`; the
            groups of one partition, such as `sex=F` and `sex=M`.

    Raises:
        ProtocolError: If the subgroups have different numbers of replicates.
    """
    return [
        Gap(one, other, a.finding, a.metric, a.policy, _compared(a, b))
        for one, other in combinations(rows_by_subgroup, 2)
        for a, b in _paired(rows_by_subgroup[one], rows_by_subgroup[other])
    ]


def equal_opportunity(
    rows_by_subgroup: Mapping[str, Sequence[MetricValue]], policy: str
) -> list[Gap]:
    """The gaps in sensitivity per finding, at thresholds that never saw the target.

    Args:
        rows_by_subgroup: As for `gaps`.
        policy: Whose thresholds; one that leaves the target alone.

    Raises:
        ProtocolError: If the policy uses the target, or replicates are not paired.
    """
    if POLICIES[policy].target_use != "none":
        raise ProtocolError(
            f"Equal opportunity is told at source thresholds; policy {policy!r} uses the target."
        )
    told = {
        name: [row for row in rows if _is_told(row, policy)]
        for name, rows in rows_by_subgroup.items()
    }
    return gaps(told)


def _is_told(row: MetricValue, policy: str) -> bool:
    return (row.metric, row.policy) == (EQUAL_OPPORTUNITY, policy) and row.finding in FINDINGS


def _paired(
    one: Sequence[MetricValue], other: Sequence[MetricValue]
) -> list[tuple[MetricValue, MetricValue]]:
    found = {(row.finding, row.metric, row.policy): row for row in other}
    keys = [(row.finding, row.metric, row.policy) for row in one]
    return [(row, found[key]) for row, key in zip(one, keys, strict=True) if key in found]


def _compared(a: MetricValue, b: MetricValue) -> Comparison:
    same_question = a.label_set == b.label_set
    return compare(_estimate(a, same_question=same_question), _estimate(b, same_question=True))


def _estimate(row: MetricValue, *, same_question: bool) -> Estimate:
    return Estimate(row.value if same_question else None, row.replicates)
