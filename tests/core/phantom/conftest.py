"""A small phantom on disk, and radiographs with chosen findings."""

from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

import pytest

from core.findings import FINDINGS, Finding
from core.phantom.cohort import Patient, View, draw_patient
from core.phantom.hospitals import HOSPITALS, TARGET, HospitalSpec
from core.phantom.render import Radiograph, render
from core.phantom.spec import PhantomSpec
from core.phantom.write import PhantomSummary, write_phantom

SMALL = PhantomSpec(num_patients=9, seed=3, size=64)

Exposure = Callable[..., Radiograph]


@pytest.fixture(scope="session")
def small_spec() -> PhantomSpec:
    """The specification of `small_phantom`."""
    return SMALL


@pytest.fixture(scope="session")
def small_phantom(tmp_path_factory: pytest.TempPathFactory) -> PhantomSummary:
    """Nine patients in each hospital, 64 pixels; not to be changed."""
    out = tmp_path_factory.mktemp("phantom") / "out"
    return write_phantom(out, SMALL, num_processes=1)


@pytest.fixture(scope="session")
def phantom_folder(small_phantom: PhantomSummary) -> Path:
    """The folder of `small_phantom`."""
    return small_phantom.source.parent


def expose(
    present: Collection[Finding] = (),
    *,
    hospital: HospitalSpec = HOSPITALS[TARGET],
    number: int = 0,
    view: View = "PA",
    severity: float = 0.8,
    token: bool = False,
    size: int = 128,
) -> Radiograph:
    """The radiograph of a patient who has exactly the findings `present`."""
    spec = PhantomSpec(num_patients=1000, size=size)
    patient: Patient = draw_patient(spec, hospital, number)
    study = replace(
        patient.studies[0],
        view=view,
        present=tuple(finding in present for finding in FINDINGS),
        severity=(severity,) * len(FINDINGS),
        token=token,
    )
    return render(spec, hospital, patient, study)


@pytest.fixture(scope="session")
def exposure() -> Exposure:
    """Takes a radiograph of a patient with chosen findings; see `expose`."""
    return expose
