"""Runs all findings through all replicates, a chunk at a time.

Shapes: B replicates, C replicates of a chunk. Results are [1 + B]: first the sample itself, with
the thresholds as given, then the replicates.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from core.metrics.bootstrap import PatientBootstrap, PatientCounts
from core.metrics.operating import Counts, joined_counts
from core.metrics.planning import Plan
from core.metrics.ratio import Values
from core.metrics.table import METRICS
from core.metrics.weighting import RankedFinding, WeightedFinding, rank_finding
from core.roles import NOT_SCORED

CHUNK_ELEMENTS = 2**21
"""Images × replicates of a chunk: its running sums of 16 bits should stay in a cache."""

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


@dataclass(frozen=True, eq=False)
class FindingReplicates:
    """What the replicates say about one finding.

    Args:
        ranking: Metric to float64 [1 + B].
        counts: Policy to outcomes [1 + B].
    """

    ranking: Mapping[str, Values]
    counts: Mapping[str, Counts]


def rank_data(
    scores: NDArray[np.floating],
    labels: NDArray[np.int8],
    bootstrap: PatientBootstrap,
    wanted: Sequence[bool],
) -> RankedData:
    """Sorts the labelled images of each wanted finding.

    Args:
        scores: float [N, 14].
        labels: int8 [N, 14], 1, 0 or `NOT_SCORED`.
        bootstrap: Draws the patients of the N images.
        wanted: One per finding.
    """
    columns = (
        _ranked(scores[:, k], labels[:, k], bootstrap) if is_wanted else None
        for k, is_wanted in enumerate(wanted)
    )
    return RankedData(bootstrap, tuple(columns))


def _ranked(
    scores: NDArray[np.floating], labels: NDArray[np.int8], bootstrap: PatientBootstrap
) -> RankedFinding:
    scored = labels != NOT_SCORED
    patient_rows = bootstrap.patient_rows[scored]
    return rank_finding(scores[scored], labels[scored], patient_rows, bootstrap.num_patients)


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
    parts = [
        [_of_sample(ranked, evaluated.bootstrap, plan)] if ranked else []
        for ranked, plan in zip(evaluated.findings, plans, strict=True)
    ]
    for counts, source_counts in _chunks(evaluated, source) if any(parts) else ():
        for column, ranked in enumerate(evaluated.findings):
            if ranked:
                chosen_on = _chosen_on(source, column, plans[column], source_counts)
                part = _of_replicates(ranked.weighted(counts), plans[column], chosen_on)
                parts[column].append(part)
    return [_concatenated(each) if each else None for each in parts]


def _chunks(
    evaluated: RankedData, source: RankedData | None
) -> Iterator[tuple[PatientCounts, PatientCounts | None]]:
    bootstraps = [data.bootstrap for data in (evaluated, source) if data]
    most_images = max(len(each.patient_rows) for each in bootstraps)
    size = min(max(CHUNK_ELEMENTS // most_images, MIN_CHUNK), MAX_CHUNK)
    chunks = evaluated.bootstrap.chunks(size)
    return zip(chunks, source.bootstrap.chunks(size) if source else repeat(None), strict=False)


def _chosen_on(
    source: RankedData | None, column: int, plan: Plan, counts: PatientCounts | None
) -> WeightedFinding | None:
    ranked = source.findings[column] if source else None
    is_needed = any(planned.needs_source for planned in plan.values())
    return ranked.weighted(counts) if is_needed and ranked and counts is not None else None


def _of_sample(ranked: RankedFinding, bootstrap: PatientBootstrap, plan: Plan) -> FindingReplicates:
    kept = {policy: planned.kept for policy, planned in plan.items()}
    return _of_replicates(ranked.weighted(bootstrap.whole()), kept, None)


def _of_replicates(
    evaluated: WeightedFinding, plan: Plan, source: WeightedFinding | None
) -> FindingReplicates:
    return FindingReplicates(
        ranking={
            name: metric.of_ranking(evaluated.steps)
            for name, metric in METRICS.items()
            if metric.of_ranking
        },
        counts={
            policy: evaluated.counts_at(planned.at(evaluated, source))
            for policy, planned in plan.items()
        },
    )


def _concatenated(parts: list[FindingReplicates]) -> FindingReplicates:
    first = parts[0]
    return FindingReplicates(
        ranking={
            name: np.concatenate([part.ranking[name] for part in parts]) for name in first.ranking
        },
        counts={
            policy: joined_counts([part.counts[policy] for part in parts])
            for policy in first.counts
        },
    )
