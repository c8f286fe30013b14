"""The primary metric of several models on the same images, on replicates that are drawn once.

Shapes: N images, B replicates.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice, repeat

import numpy as np
from numpy.typing import NDArray

from core.findings import NUM_FINDINGS
from core.metrics.bootstrap import PatientBootstrap, PatientCounts
from core.metrics.inputs import check_inputs
from core.metrics.planning import Plan
from core.metrics.prepared import EvaluatedData, Prepared, prepare, questions, told_rows
from core.metrics.ranked import labelled_images
from core.metrics.ratio import Values
from core.metrics.replicates import FindingReplicates
from core.metrics.resampling import NUM_THREADS
from core.metrics.slices import WHOLE
from core.metrics.stretches import StretchedFinding, stretch_finding
from core.metrics.table import METRICS
from core.metrics.values import MetricValue
from core.progress import Progress, silent

AUROC = "auroc"
"""The metric of the primary family (PROTOCOL section 5)."""

CHUNK = 64
"""Replicates at a time: the weights of a finding's stretches should stay in a cache."""


def aurocs_together(
    scores: Sequence[NDArray[np.floating]],
    labels: NDArray[np.int8],
    patient_ids: NDArray[np.str_],
    num_resamples: int,
    seed: int,
    progress: Progress = silent,
) -> list[list[MetricValue]]:
    """The rows that `evaluate` gives of AUROC, of each model.

    Args:
        scores: One float [N, 14] per model; a column of NaN where it does not predict the finding.
        labels: int8 [N, 14], 1, 0 or `NOT_SCORED`.
        patient_ids: str [N].
        num_resamples: B.
        seed: As for `evaluate`.
        progress: Told of replicates.

    Raises:
        DataError: If shapes differ, or scores or labels break their format.
    """
    bootstrap = PatientBootstrap(patient_ids, seed, num_resamples)
    data = [EvaluatedData(each, labels, patient_ids) for each in scores]
    for each in data:
        check_inputs(each.scores, labels, patient_ids, "evaluated images")
    prepared = [prepare(WHOLE, each, bootstrap) for each in data]
    stretched = [
        finding
        for each, told in zip(data, prepared, strict=True)
        for finding in _stretched(each, told, bootstrap.num_patients)
    ]
    replicates = iter(_replicates(bootstrap, stretched, progress))
    plans: list[Plan] = [{}] * NUM_FINDINGS
    asked = tuple(questions([METRICS[AUROC]], ()))
    return [
        told_rows(told, tuple(islice(replicates, NUM_FINDINGS)), plans, asked, num_resamples)
        for told in prepared
    ]


def _stretched(
    data: EvaluatedData, prepared: Prepared, num_patients: int
) -> Iterator[StretchedFinding | None]:
    for k, reason in enumerate(prepared.reasons):
        images = labelled_images(data.scores[:, k], data.labels[:, k], prepared.patient_rows)
        yield None if reason else stretch_finding(images, num_patients)


def _replicates(
    bootstrap: PatientBootstrap,
    stretched: Sequence[StretchedFinding | None],
    progress: Progress,
) -> list[FindingReplicates | None]:
    """All findings of all models on each block of draws, the sample itself first."""
    found, filled = np.full((len(stretched), 2, 1 + bootstrap.num_resamples), np.nan), 0
    with ThreadPoolExecutor(NUM_THREADS) as pool:
        for counts in chain([bootstrap.whole()], bootstrap.chunks(CHUNK)):
            upto = filled + counts.shape[1]
            for place, values in enumerate(pool.map(_auroc, stretched, repeat(counts))):
                found[place, :, filled:upto] = values
            filled = upto
            progress("resampling patients", filled - 1, bootstrap.num_resamples)
    return [
        each and FindingReplicates({AUROC: aurocs}, {}, positive)
        for each, (aurocs, positive) in zip(stretched, found, strict=True)
    ]


def _auroc(finding: StretchedFinding | None, counts: PatientCounts) -> Values:
    """AUROC and weight of the positives, float64 [2, C]; NaN where there is no value."""
    return np.full((2, counts.shape[1]), np.nan) if finding is None else finding.auroc(counts)
