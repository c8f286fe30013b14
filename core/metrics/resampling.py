"""Runs all findings of all slices through all replicates, a chunk at a time.

Shapes: B replicates, C replicates of a chunk. Results are [1 + B]: first the sample itself, with
the thresholds as given, then the replicates.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat

from core.metrics.bootstrap import PatientBootstrap, PatientCounts
from core.metrics.calibration_replicates import calibration_replicates
from core.metrics.operating import standardised_counts
from core.metrics.planning import Plan
from core.metrics.ranked import RankedSlice, RankedSource
from core.metrics.ranking import standardised_steps
from core.metrics.ratio import Values
from core.metrics.replicates import FindingReplicates, joined_replicates
from core.metrics.table import METRICS, Metric
from core.metrics.weighting import RankedFinding, WeightedFinding

CHUNK_ELEMENTS = 2**21
"""Images × replicates of a chunk: its running sums of 16 bits should stay in a cache."""

MIN_CHUNK, MAX_CHUNK = 8, 256

NUM_THREADS = len(os.sched_getaffinity(0))
"""Findings are weighed side by side; NumPy lets go of the interpreter while it adds."""


def resample(
    bootstrap: PatientBootstrap,
    slices: Sequence[RankedSlice],
    plans: Sequence[Plan],
    source: RankedSource | None,
    metrics: Sequence[Metric] = tuple(METRICS.values()),
) -> list[list[FindingReplicates | None]]:
    """Every metric and every operating point of every finding of every slice.

    Args:
        bootstrap: Draws the patients, once for all slices.
        slices: The whole data first: thresholds that are chosen anew on the evaluated data are
            chosen on all of them, whatever slice they are applied to.
        plans: One per finding.
        source: Source validation, where thresholds are chosen anew on it; its patients are
            drawn independently.
        metrics: What is asked; outcomes at the planned thresholds are always told.

    Returns:
        Per slice, one per finding; None where the finding has no value there.
    """
    found: list[list[list[FindingReplicates]]] = [[[] for _ in plans] for _ in slices]
    of_source = source.findings if source else (None,) * len(plans)
    with ThreadPoolExecutor(NUM_THREADS) as pool:
        for chunk in _chunks(bootstrap, source):

            def parts(column: int, chunk: _Chunk = chunk) -> list[FindingReplicates | None]:
                asked = plans[column], of_source[column], metrics
                return list(_parts(chunk, column, slices, *asked))

            for column, of_column in enumerate(pool.map(parts, range(len(plans)))):
                for of_slice, part in zip(found, of_column, strict=False):
                    of_slice[column].extend([part] if part else [])
        terms = [each for of_slice in slices for each in of_slice.terms]
        calibration = iter(calibration_replicates(bootstrap, terms, metrics, pool))
    return [
        [
            joined_replicates(parts, extra) if parts else None
            for parts, extra in zip(of_slice, calibration, strict=False)
        ]
        for of_slice in found
    ]


@dataclass(frozen=True, eq=False)
class _Chunk:
    """Patient counts of some replicates, or of the sample itself, which keeps its thresholds."""

    counts: PatientCounts
    source_counts: PatientCounts | None = None
    is_sample: bool = False


def _chunks(bootstrap: PatientBootstrap, source: RankedSource | None) -> Iterator[_Chunk]:
    yield _Chunk(bootstrap.whole(), is_sample=True)
    bootstraps = [bootstrap, source.bootstrap] if source else [bootstrap]
    most_images = max(1, *(len(each.patient_rows) for each in bootstraps))
    size = min(max(CHUNK_ELEMENTS // most_images, MIN_CHUNK), MAX_CHUNK)
    of_source = source.bootstrap.chunks(size) if source else repeat(None)
    yield from map(_Chunk, bootstrap.chunks(size), of_source)


def _parts(
    chunk: _Chunk,
    column: int,
    slices: Sequence[RankedSlice],
    plan: Plan,
    source: RankedFinding | None,
    metrics: Sequence[Metric],
) -> Iterator[FindingReplicates | None]:
    """What a chunk says about one finding, slice by slice; nothing where no slice has a value."""
    whole = slices[0].findings[column]
    if whole is None:
        return
    of_whole = whole.weighted(chunk.counts)
    thresholds = _thresholds(chunk, plan, of_whole, source)
    for each in slices:
        ranked = each.findings[column]
        if ranked is None:
            yield None
            continue
        weighted = of_whole if ranked is whole else ranked.weighted(chunk.counts)
        yield _part(weighted, thresholds, each.prevalences[column], metrics)


def _thresholds(
    chunk: _Chunk, plan: Plan, whole: WeightedFinding, source: RankedFinding | None
) -> dict[str, Values]:
    """Policy to the thresholds of the chunk's replicates, equal for all slices: float64 [C]."""
    if chunk.is_sample:
        return {policy: planned.kept.at(whole, None) for policy, planned in plan.items()}
    is_needed = any(planned.needs_source for planned in plan.values())
    counts = chunk.source_counts
    of_source = source.weighted(counts) if is_needed and source and counts is not None else None
    return {policy: planned.at(whole, of_source) for policy, planned in plan.items()}


def _part(
    weighted: WeightedFinding,
    thresholds: Mapping[str, Values],
    prevalence: float | None,
    metrics: Sequence[Metric],
) -> FindingReplicates:
    steps = weighted.steps
    counts = {policy: weighted.counts_at(each) for policy, each in thresholds.items()}
    if prevalence is not None:
        steps = standardised_steps(steps, prevalence)
        counts = {name: standardised_counts(each, prevalence) for name, each in counts.items()}
    ranking = {
        metric.name: metric.of_ranking(steps)
        for metric in metrics
        if metric.of_ranking and (prevalence is None or metric.moves_with_prevalence)
    }
    return FindingReplicates(ranking, counts, weighted.all_positive)
