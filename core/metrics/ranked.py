"""One slice of a data set, sorted and summed once; replicates only weigh its patients anew.

Shapes: N images, n labelled images of a finding, P patients, p of them with such an image,
C replicates of a chunk, T terms of calibration.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.metrics.bootstrap import PatientBootstrap
from core.metrics.calibration import CalibrationSums, calibration_sums, grouped_terms
from core.metrics.ratio import Values
from core.metrics.recalibration import Recalibration
from core.metrics.weighting import RankedFinding, rank_finding
from core.roles import NOT_SCORED


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """The labelled images of one finding.

    Args:
        scores: float [n].
        labels: int8 [n], 1 or 0.
        patient_rows: intp [n], rows of the table of patient counts.
        weights: float64 [n], what each counts for; None for 1 each.
    """

    scores: NDArray[np.floating]
    labels: NDArray[np.int8]
    patient_rows: NDArray[np.intp]
    weights: Values | None = None

    def ranked(self, num_patients: int) -> RankedFinding:
        """The same, sorted."""
        return rank_finding(self.scores, self.labels, self.patient_rows, num_patients, self.weights)


@dataclass(frozen=True, eq=False)
class PatientTerms:
    """What each patient adds to the sums of calibration.

    Args:
        fit: The recalibration of the sample.
        patients: intp [p], rows of the table of patient counts.
        terms: float64 [T, p].
    """

    fit: Recalibration
    patients: NDArray[np.intp]
    terms: Values

    def sums(self, counts: Values) -> CalibrationSums:
        """The sums of each replicate, [T, C], from patient counts as float64 [P + 1, C]."""
        is_everybody = len(self.patients) == len(counts) - 1
        drawn = counts[:-1] if is_everybody else np.take(counts, self.patients, axis=0)
        return calibration_sums(self.terms @ drawn, self.fit)


def patient_terms(images: LabelledImages) -> PatientTerms:
    """Adds up what the images of each patient add to the sums of calibration."""
    weights = np.ones(len(images.scores)) if images.weights is None else images.weights
    is_present = np.bincount(images.patient_rows) > 0
    rows = (np.cumsum(is_present) - 1)[images.patient_rows]
    patients = np.flatnonzero(is_present)
    fit, terms = grouped_terms(images.scores, images.labels, weights, rows, len(patients))
    return PatientTerms(fit, patients, terms)


@dataclass(frozen=True, eq=False)
class RankedSlice:
    """The images of one slice, finding by finding; None where one has no value.

    Args:
        findings: The ranks, one per finding.
        terms: What patients add to the sums of calibration; None where it is not asked for.
        prevalences: The share that a finding's positives are weighted to; None for their own.
    """

    findings: tuple[RankedFinding | None, ...]
    terms: tuple[PatientTerms | None, ...]
    prevalences: tuple[float | None, ...]


def rank_slice(
    images: Sequence[LabelledImages | None],
    num_patients: int,
    prevalences: Sequence[float | None] | None = None,
    *,
    calibrated: bool = True,
) -> RankedSlice:
    """Sorts and sums the images of each finding.

    Args:
        images: One per finding, None where it has no value.
        num_patients: P.
        prevalences: One per finding where they are weighted to one.
        calibrated: Whether sums of calibration are asked for.
    """
    return RankedSlice(
        tuple(each and each.ranked(num_patients) for each in images),
        tuple(patient_terms(each) if each and calibrated else None for each in images),
        tuple(prevalences or (None,) * len(images)),
    )


@dataclass(frozen=True, eq=False)
class RankedSource:
    """Source validation, ranked.

    Args:
        bootstrap: Draws its patients.
        findings: One per finding; None where no threshold can be chosen anew.
    """

    bootstrap: PatientBootstrap
    findings: tuple[RankedFinding | None, ...]


def labelled_images(
    scores: NDArray[np.floating],
    labels: NDArray[np.int8],
    patient_rows: NDArray[np.intp],
    weights: Values | None = None,
) -> LabelledImages:
    """The images of one finding that have a label.

    Args:
        scores: float [N].
        labels: int8 [N], 1, 0 or `NOT_SCORED`.
        patient_rows: intp [N].
        weights: float64 [N], 1 for each image unless given.
    """
    scored = labels != NOT_SCORED
    return LabelledImages(
        scores[scored],
        labels[scored],
        patient_rows[scored],
        None if weights is None else weights[scored],
    )
