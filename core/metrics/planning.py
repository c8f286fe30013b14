"""Which thresholds a replicate keeps, and which it chooses anew.

Shapes: C replicates of a chunk.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.errors import DataError
from core.findings import NUM_FINDINGS
from core.lookup import lookup
from core.metrics.flags import GIVEN_THRESHOLDS, NO_THRESHOLD, RATE_FALLBACK, joined
from core.metrics.ratio import Values
from core.metrics.rules import Rule, Threshold
from core.metrics.thresholds import POLICIES, Basis, Policy
from core.metrics.weighting import WeightedFinding


@dataclass(frozen=True)
class PlannedThreshold:
    """One finding's threshold under one policy, and how a replicate comes by it.

    Args:
        value: The given threshold, NaN where there is none.
        basis: The data that the rule is applied to.
        rule: Chooses it anew in each replicate; None to keep it.
        flag: What is to be said about it.
    """

    value: float
    basis: Basis
    rule: Rule | None
    flag: str | None

    def at(self, evaluated: WeightedFinding, source: WeightedFinding | None) -> Values:
        """The threshold in each replicate, float64 [C], by its rule on all images of its basis."""
        if self.rule is None:
            return np.full(evaluated.all_positive.shape, self.value)
        chosen_on = source if self.basis is Basis.SOURCE_VAL else evaluated
        assert chosen_on is not None, "a rule on source validation is planned only where it is"
        return self.rule(chosen_on)

    @property
    def needs_source(self) -> bool:
        """Whether replicates of source validation are needed for it."""
        return self.rule is not None and self.basis is Basis.SOURCE_VAL

    @property
    def kept(self) -> "PlannedThreshold":
        """The same threshold for the sample itself, which keeps what it was given."""
        return replace(self, rule=None)


Plan = Mapping[str, PlannedThreshold]
"""The thresholds of one finding by policy."""


def plan_thresholds(
    thresholds_by_policy: Mapping[str, Sequence[Threshold]], has_source: Sequence[bool]
) -> list[Plan]:
    """The plan of each finding.

    Args:
        thresholds_by_policy: Policy to 14 thresholds.
        has_source: Per finding, whether source validation is at hand to choose on anew.

    Raises:
        ConfigError: If a policy is unknown.
        DataError: If a policy has not 14 thresholds.
    """
    policies = {name: lookup(POLICIES, name, "threshold policy") for name in thresholds_by_policy}
    wrong = [name for name, each in thresholds_by_policy.items() if len(each) != NUM_FINDINGS]
    if wrong:
        raise DataError([f"thresholds of {name!r}: expected {NUM_FINDINGS}." for name in wrong])
    return [
        {
            name: _planned(policies[name], each[column], has_source=has_source[column])
            for name, each in thresholds_by_policy.items()
        }
        for column in range(NUM_FINDINGS)
    ]


def _planned(policy: Policy, threshold: Threshold, *, has_source: bool) -> PlannedThreshold:
    if threshold.value is None:
        flag = joined((threshold.flag, NO_THRESHOLD))
        return PlannedThreshold(np.nan, policy.basis, None, flag)
    rule = _rule(policy, threshold)
    if policy.basis is Basis.SOURCE_VAL and not has_source:
        rule = None
    is_given = rule is None and policy.basis is not Basis.NOTHING
    flag = joined((threshold.flag, GIVEN_THRESHOLDS if is_given else None))
    return PlannedThreshold(threshold.value, policy.basis, rule, flag)


def _rule(policy: Policy, threshold: Threshold) -> Rule | None:
    fell_back = threshold.flag == RATE_FALLBACK and policy.fallback
    return POLICIES[policy.fallback].rule if fell_back and policy.fallback else policy.rule
