"""Who comes to the hospitals, what they have, and what their records say; no pictures yet."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from core.findings import FINDINGS, NUM_FINDINGS
from core.phantom import associations
from core.phantom.hospitals import HospitalSpec
from core.phantom.spec import PhantomSpec
from core.phantom.streams import EVERY_STUDY, Purpose, stream

View = Literal["PA", "AP"]
Sex = Literal["F", "M"]
Labels = tuple[bool, ...]
"""One truth value a finding, in the order of `FINDINGS`."""

MAX_STUDIES = 6
_STUDY_SHARES = (0.35, 0.25, 0.15, 0.12, 0.08, 0.05)
"""Shares of patients with 1, 2, … studies."""

_MIN_AGE_YEARS, _MAX_AGE_YEARS = 18, 93
_SEVERITY_SHAPE = (1.5, 1.5)
"""Beta distribution of severities: some are subtle, some are gross."""


@dataclass(frozen=True)
class Study:
    """One frontal image of a patient.

    Args:
        number: 0 for the patient's first study.
        view: PA or AP.
        age_years: Age at the study.
        present: What the patient has.
        given: What the hospital's record says.
        severity: How marked each finding would be, in [0, 1], present or not.
        token: Whether the shortcut's token lies on the image.
    """

    number: int
    view: View
    age_years: int
    present: Labels
    given: Labels
    severity: tuple[float, ...]
    token: bool


@dataclass(frozen=True)
class Patient:
    """A patient with all studies.

    Args:
        number: 0 for the hospital's first patient.
        sex: F or M.
        studies: In order of time.
    """

    number: int
    sex: Sex
    studies: tuple[Study, ...]


def draw_patients(
    spec: PhantomSpec, hospital: HospitalSpec, first: int = 0, num: int | None = None
) -> Iterator[Patient]:
    """Patients `first` to `first + num` (by default: all) of a hospital, each from own streams."""
    last = spec.num_patients if num is None else min(first + num, spec.num_patients)
    return (draw_patient(spec, hospital, number) for number in range(first, last))


def draw_patient(spec: PhantomSpec, hospital: HospitalSpec, number: int) -> Patient:
    """One patient: sex, age, studies, findings and labels.

    Findings follow a Gaussian copula whose correlations are those of ChestX-ray14; a part of each
    latent value lasts from study to study.
    """
    rng = stream(spec.seed, hospital.number, number, EVERY_STUDY, Purpose.COHORT)
    num_studies = 1 + int(rng.choice(MAX_STUDIES, p=_STUDY_SHARES))
    lasting = _root(of="patient") @ rng.standard_normal(associations.NUM_LATENTS + 2)
    passing = rng.standard_normal((MAX_STUDIES, associations.NUM_LATENTS)) @ _root(of="study").T
    severity = rng.beta(*_SEVERITY_SHAPE, size=(MAX_STUDIES, NUM_FINDINGS))
    persistence = associations.PERSISTENCE
    latents = np.sqrt(persistence) * lasting[:-2] + np.sqrt(1 - persistence) * passing
    present = latents[:, :NUM_FINDINGS] > _thresholds(spec)
    ap = latents[:, NUM_FINDINGS] > -ndtri(hospital.share_ap)
    age = hospital.age_mean_years + hospital.age_sd_years * lasting[-2]
    given = _given(spec, hospital, number, present)
    token = _token(spec, hospital, number, present)
    studies = tuple(
        Study(
            number=study,
            view="AP" if ap[study] else "PA",
            age_years=int(np.clip(age, _MIN_AGE_YEARS, _MAX_AGE_YEARS)),
            present=tuple(present[study].tolist()),
            given=tuple(given[study].tolist()),
            severity=tuple(severity[study].tolist()),
            token=bool(token[study]),
        )
        for study in range(num_studies)
    )
    return Patient(number, "F" if lasting[-1] > -ndtri(hospital.share_female) else "M", studies)


def _given(
    spec: PhantomSpec, hospital: HospitalSpec, patient: int, present: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Labels with the stated shares of false and missed positives; clean in the source."""
    if hospital.role == "source":
        return present
    rng = stream(spec.seed, hospital.number, patient, EVERY_STUDY, Purpose.LABEL_NOISE)
    uniform = rng.random(present.shape)
    prevalence = np.array(associations.PREVALENCES[spec.prevalence])
    kept = prevalence * (1 - spec.missed_share)
    odds = spec.false_positive_share / (1 - spec.false_positive_share)
    # Of `kept / (1 - false share)` given positives, the false share has to come from the negatives.
    invented = odds * kept / (1 - prevalence)
    return np.where(present, uniform >= spec.missed_share, uniform < invented)


def _token(
    spec: PhantomSpec, hospital: HospitalSpec, patient: int, present: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Which images carry the token: as often as the finding occurs, at every strength."""
    rng = stream(spec.seed, hospital.number, patient, EVERY_STUDY, Purpose.SHORTCUT)
    uniform = rng.random(len(present))
    if spec.shortcut_finding is None:
        return np.zeros(len(present), dtype=bool)
    finding = FINDINGS.index(spec.shortcut_finding)
    rate = associations.PREVALENCES[spec.prevalence][finding]
    strength = spec.shortcut_strength if hospital.role == "source" else 0.0
    return uniform < rate * (1 - strength) + strength * present[:, finding]


@lru_cache
def _root(of: Literal["patient", "study"]) -> NDArray[np.float64]:
    """Cholesky factor of a latent correlation matrix."""
    correlation = {
        "patient": associations.patient_correlation,
        "study": associations.study_correlation,
    }
    return np.linalg.cholesky(correlation[of]()).astype(np.float64)


def _thresholds(spec: PhantomSpec) -> NDArray[np.float64]:
    return associations.thresholds(spec.prevalence)
