"""Who stands behind a number: images, positives and patients, for one finding or several."""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from core.findings import FINDINGS, NUM_FINDINGS, Finding
from core.metrics.flags import (
    FEW_POSITIVES,
    MIN_EFFECTIVE_PATIENTS,
    MIN_POSITIVE_PATIENTS,
    NOT_ANNOTATED,
    NOT_PREDICTED,
    ONE_CLASS,
    ONE_PATIENT,
    THIN_POSITIVES,
)
from core.roles import NOT_SCORED

HASH_DIGITS = 4


@dataclass(frozen=True)
class Sample:
    """The labelled images of one or several findings.

    Args:
        n: Images with a label for at least one of the findings.
        n_positive: Images positive for at least one of them.
        n_patients: Patients of the n images.
        n_positive_patients: Positive patients of the finding that has the fewest.
        effective_positive_patients: (Σ m)² / Σ m² over the positive images m of each patient, of
            the finding that has the fewest (Kish, Survey Sampling 1965).
    """

    n: int
    n_positive: int
    n_patients: int
    n_positive_patients: int
    effective_positive_patients: float

    @property
    def interval_flags(self) -> tuple[str, ...]:
        """Why an interval from these images cannot hold."""
        if self.n_patients == 1:
            return (ONE_PATIENT,)
        if self.n_positive_patients < MIN_POSITIVE_PATIENTS:
            return (FEW_POSITIVES,)
        is_thin = self.effective_positive_patients < MIN_EFFECTIVE_PATIENTS
        return (THIN_POSITIVES,) if is_thin else ()


def sample_of(labels: NDArray[np.int8], patient_rows: NDArray[np.intp]) -> Sample:
    """Counts who is scored.

    Args:
        labels: int8 [N, F] of the findings concerned.
        patient_rows: intp [N], not negative, equal for the images of one patient.
    """
    scored, positive = (labels != NOT_SCORED).any(axis=1), labels == 1
    return Sample(
        n=int(np.count_nonzero(scored)),
        n_positive=int(np.count_nonzero(positive.any(axis=1))),
        n_patients=_num_patients(patient_rows[scored]),
        n_positive_patients=min(
            (_num_patients(patient_rows[column]) for column in positive.T), default=0
        ),
        effective_positive_patients=min(
            (_effective_patients(patient_rows[column]) for column in positive.T), default=0.0
        ),
    )


def _num_patients(patient_rows: NDArray[np.intp]) -> int:
    return int(np.count_nonzero(np.bincount(patient_rows)))


def _effective_patients(patient_rows: NDArray[np.intp]) -> float:
    images = np.bincount(patient_rows).astype(np.float64)
    return float(images.sum() ** 2 / np.sum(images**2)) if len(patient_rows) else 0.0


def undefined_reason(scores: NDArray[np.floating], sample: Sample) -> str | None:
    """The flag that says why a finding has no value at all, or None if it has one.

    Args:
        scores: float [N], all NaN where the model does not predict the finding.
        sample: The finding's labelled images.
    """
    if not sample.n:
        return NOT_ANNOTATED
    if np.isnan(scores).any():
        return NOT_PREDICTED
    return ONE_CLASS if sample.n_positive in (0, sample.n) else None


def label_set_name(average: str, findings: tuple[Finding, ...]) -> str:
    """The name of an average that says which findings it covers: `macro@14`, `macro@7:ab12`.

    The part behind the colon is the start of the SHA-256 of the names, joined by commas in the
    order of `FINDINGS`.

    Args:
        average: `macro` or `micro`.
        findings: Its members.
    """
    members = [finding for finding in FINDINGS if finding in findings]
    if len(members) == NUM_FINDINGS:
        return f"{average}@{NUM_FINDINGS}"
    digest = sha256(",".join(members).encode()).hexdigest()
    return f"{average}@{len(members)}:{digest[:HASH_DIGITS]}"
