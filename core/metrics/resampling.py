"""Runs all findings through all replicates, a chunk at a time.

Shapes: B replicates, C replicates of a chunk. Results are [1 + B]: first the sample itself, with
the thresholds as given, then the replicates.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np

from core.metrics.bootstrap import PatientBootstrap, PatientCounts
from core.metrics.operating import Counts
from core.metrics.ratio import Values
from core.metrics.rules import Rule
from core.metrics.table import METRICS
from core.metrics.thresholds import Basis
from core.metrics.weighting import RankedFinding, WeightedFinding

CHUNK_ELEMENTS = 2**23
MIN_CHUNK, MAX_CHUNK = 8, 256


@dataclass(frozen=True, eq=False)
class RankedData:
    """The images of one data set, ranked.

    Args:
        bootstrap: Draws its patients.
        findings: One per finding; None where it has no value.
    """

    bootstrap: PatientBootstrap
    findings: tuple[RankedFinding | None, ...]


@dataclass(frozen=True)
class PlannedThreshold:
    """One finding's threshold under one policy, and how a replicate comes by it.

    Args:
        value: The given threshold, NaN where there is none.
        rule: Chooses it anew in each replicate; None to keep it.
        basis: The data that the rule is applied to.
    """

    value: float
    rule: Rule | None
    basis: Basis

    def at(self, evaluated: WeightedFinding, source: WeightedFinding | None) -> Values:
        """The threshold in each replicate: float64 [C]."""
        num_replicates = len(evaluated.all_positive)
        basis = source if self.basis is Basis.SOURCE_VAL else evaluated
        if self.rule is None or basis is None or np.isnan(self.value):
            return np.full(num_replicates, self.value)
        return self.rule(basis)

    @property
    def kept(self) -> "PlannedThreshold":
        """The same threshold, for the sample itself."""
        return PlannedThreshold(self.value, None, self.basis)


Plan = Mapping[str, PlannedThreshold]
"""The thresholds of one finding by policy."""


@dataclass(frozen=True, eq=False)
class FindingReplicates:
    """What the replicates say about one finding.

    Args:
        ranking: Metric to float64 [1 + B].
        counts: Policy to outcomes [1 + B].
    """

    ranking: Mapping[str, Values]
    counts: Mapping[str, Counts]


def resample(
    evaluated: RankedData, plans: Sequence[Plan], source: RankedData | None
) -> list[FindingReplicates | None]:
    """Every ranking metric and every operating point of every finding, in every replicate.

    Args:
        evaluated: The data that is scored.
        plans: One per finding.
        source: Source validation, where thresholds are chosen anew on it; its patients are
            drawn independently.

    Returns:
        One per finding; None where the finding has no value.
    """
    parts: list[list[FindingReplicates]] = [[] for _ in evaluated.findings]
    for counts, source_counts in _chunks(evaluated, source):
        for column, ranked in enumerate(evaluated.findings):
            if ranked is None:
                continue
            chosen_on = _weighted(source, column, source_counts)
            # The sample itself keeps the thresholds that were given.
            plan = plans[column] if counts.shape[1] and source_counts is not _SAMPLE else {}
            parts[column].append(_part(ranked.weighted(counts), plan, chosen_on))
    return [_concatenated(each) if each else None for each in parts]
