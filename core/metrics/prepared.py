"""What is evaluated: the images, a slice of them, and the rows that its replicates make.

Shapes: N images, n of a slice.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.findings import FINDINGS, NUM_FINDINGS
from core.metrics.bootstrap import PatientBootstrap
from core.metrics.flags import NO_PREVALENCE
from core.metrics.planning import Plan
from core.metrics.replicates import FindingReplicates
from core.metrics.rows import Averages, FindingResult, Question, metric_rows
from core.metrics.sample import Sample, sample_of, undefined_reason
from core.metrics.slices import Slice
from core.metrics.table import Metric
from core.metrics.values import MetricValue


@dataclass(frozen=True, eq=False)
class EvaluatedData:
    """The images that are scored.

    Args:
        scores: float [N, 14]; a column of NaN where the model does not predict the finding.
        labels: int8 [N, 14], 1, 0 or `NOT_SCORED`.
        patient_ids: str [N].
    """

    scores: NDArray[np.floating]
    labels: NDArray[np.int8]
    patient_ids: NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class Prepared:
    """A slice, its rows of the data, and who stands behind each finding.

    Args:
        slice: Which.
        rows: intp [n], its images.
        labels: int8 [n, 14].
        patient_rows: intp [n], rows of the table of patient counts.
        samples: One per finding.
        reasons: One per finding: why it has no value; None if it has one.
    """

    slice: Slice
    rows: NDArray[np.intp]
    labels: NDArray[np.int8]
    patient_rows: NDArray[np.intp]
    samples: list[Sample]
    reasons: list[str | None]

    @property
    def is_whole(self) -> bool:
        """Whether it has the images of the whole, at another prevalence."""
        return self.slice.images is None and self.slice.weights is None


def prepare(each: Slice, data: EvaluatedData, bootstrap: PatientBootstrap) -> Prepared:
    """Counts who stands behind each finding of a slice.

    Raises:
        DataError: If the slice breaks its format.
    """
    rows = each.rows(len(data.patient_ids))
    labels, patient_rows = data.labels[rows], bootstrap.patient_rows[rows]
    samples = [sample_of(labels[:, [k]], patient_rows) for k in range(NUM_FINDINGS)]
    unknown = [each.prevalences is not None and share is None for share in each.shares]
    reasons = [
        undefined_reason(data.scores[rows, k], samples[k])
        or (NO_PREVALENCE if unknown[k] else None)
        for k in range(NUM_FINDINGS)
    ]
    return Prepared(each, rows, labels, patient_rows, samples, reasons)


def told_rows(
    prepared: Prepared,
    replicates: Sequence[FindingReplicates | None],
    plans: Sequence[Plan],
    asked: Iterable[Question],
    num_resamples: int,
) -> list[MetricValue]:
    """The rows of one slice: per question, the 14 findings and their averages."""
    results = [
        FindingResult(finding, prepared.samples[k], prepared.reasons[k], replicates[k], plans[k])
        for k, finding in enumerate(FINDINGS)
    ]
    members = tuple(result for result in results if result.replicates)
    columns = [FINDINGS.index(member.finding) for member in members]
    sample = sample_of(prepared.labels[:, columns], prepared.patient_rows)
    averages = Averages(members, sample, num_resamples)
    return [row for question in asked for row in metric_rows(question, results, averages)]


def questions(metrics: Sequence[Metric], policies: Sequence[str]) -> Iterator[Question]:
    """Every metric, under every policy where it needs a threshold."""
    for metric in metrics:
        if metric.needs_threshold:
            yield from (Question(metric, policy) for policy in policies)
        else:
            yield Question(metric, None)
