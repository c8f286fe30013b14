"""What stays the same in all of a patient's studies, and what each exposure changes."""

from dataclasses import dataclass

import numpy as np

from core.phantom.cohort import Patient, Sex, Study, View
from core.phantom.hospitals import HospitalSpec
from core.phantom.plane import Frame
from core.phantom.streams import EVERY_STUDY, Purpose, stream


@dataclass(frozen=True, kw_only=True)
class Anatomy:
    """A patient's build, in cm; ratios are of a PA view in full inspiration.

    Args:
        sex: F or M.
        half_width_cm: Half the largest inner width of the thorax.
        half_depth_cm: Half the largest inner depth of the thorax.
        lung_height_cm: From the apices to the right dome.
        wall_cm: Thickness of the chest wall.
        cardiothoracic_ratio: Width of the heart over the inner width of the thorax.
        heart_tilt: Downward tilt of the heart's long axis, in radians.
        knob_cm: Radius of the aortic arch.
        scoliosis_cm: Sideways swing of the spine.
        rib_spacing_cm: Distance of the ribs at the spine.
        rib_drop_cm: How far a rib descends from the spine to its front end.
        rib_phase: Where the second rib lies under the apex, in spacings.
        bone_density: Mineral, 1 in a young adult.
        breast_cm: Thickness of the breasts; 0 in men.
        clavicle_rise_cm: How far the clavicles' outer ends lie above the inner ones.
        stomach_gas_cm: Radius of the gastric bubble.
        dome_difference_cm: How much lower the left dome lies.
    """

    sex: Sex
    half_width_cm: float
    half_depth_cm: float
    lung_height_cm: float
    wall_cm: float
    cardiothoracic_ratio: float
    heart_tilt: float
    knob_cm: float
    scoliosis_cm: float
    rib_spacing_cm: float
    rib_drop_cm: float
    rib_phase: float
    bone_density: float
    breast_cm: float
    clavicle_rise_cm: float
    stomach_gas_cm: float
    dome_difference_cm: float


@dataclass(frozen=True, kw_only=True)
class Positioning:
    """How one exposure was taken.

    Args:
        view: PA or AP.
        inspiration: Share of the full breath.
        rotation: Turn of the trunk about its long axis, in radians.
        scapula_cm: How far the scapulae lie from the midline at their lower tip.
        arms_down: Whether the arms lie at the sides.
        heart_scale: Enlargement of the heart by projection.
        frame: What the image shows.
    """

    view: View
    inspiration: float
    rotation: float
    scapula_cm: float
    arms_down: bool
    heart_scale: float
    frame: Frame


def draw_anatomy(seed: int, hospital: HospitalSpec, patient: Patient) -> Anatomy:
    """A patient's build: men are larger, the old have a wider aorta and less mineral."""
    rng = stream(seed, hospital.number, patient.number, EVERY_STUDY, Purpose.ANATOMY)
    male = patient.sex == "M"
    age_years = patient.studies[0].age_years
    normal = rng.standard_normal(13)
    wall = float(np.clip(2.1 * np.exp(0.38 * normal[3]), 1.1, 5.0))
    return Anatomy(
        sex=patient.sex,
        half_width_cm=float((14.0 if male else 12.7) + 0.75 * normal[0] + 0.15 * (wall - 2)),
        half_depth_cm=float((9.0 if male else 8.2) + 0.6 * normal[1]),
        lung_height_cm=float((19.5 if male else 17.8) + 1.1 * normal[2] - 0.4 * (wall - 2)),
        wall_cm=wall,
        cardiothoracic_ratio=float(
            np.clip(0.425 + 0.022 * normal[4] + 0.0005 * (age_years - 50), 0.36, 0.475)
        ),
        heart_tilt=float(np.radians(36 + 6 * normal[5] - 5 * (wall - 2))),
        knob_cm=float(np.clip(1.2 + 0.012 * (age_years - 20) + 0.15 * normal[6], 1.0, 2.4)),
        scoliosis_cm=float(0.35 * normal[7]),
        rib_spacing_cm=float((2.35 if male else 2.2) + 0.1 * normal[8]),
        rib_drop_cm=float(9.0 + 1.1 * normal[9]),
        rib_phase=float(rng.uniform(-0.4, 0.4)),
        bone_density=float(np.clip(1.05 - 0.005 * (age_years - 30) + 0.08 * normal[10], 0.6, 1.3)),
        breast_cm=0.0 if male else float(np.clip(2.2 + 0.9 * normal[11], 0.5, 5.0)),
        clavicle_rise_cm=float(2.4 + 1.0 * normal[12]),
        stomach_gas_cm=float(rng.uniform(0.0, 2.6)),
        dome_difference_cm=float(rng.uniform(0.2, 1.6)),
    )


def draw_positioning(
    seed: int, hospital: HospitalSpec, patient: Patient, study: Study
) -> Positioning:
    """One exposure: AP views are of the less well, on their backs, half breathed in, askew."""
    rng = stream(seed, hospital.number, patient.number, study.number, Purpose.POSITIONING)
    ap = study.view == "AP"
    normal = rng.standard_normal(7)
    breath = rng.beta(4, 2) if ap else rng.beta(8, 1.5)
    return Positioning(
        view=study.view,
        inspiration=float(breath),
        rotation=float(np.radians((4.5 if ap else 1.2) * normal[0])),
        scapula_cm=float((9.0 if ap else 12.6) + (0.9 if ap else 0.6) * normal[1]),
        arms_down=bool(ap or rng.random() < 0.15),
        heart_scale=float((1.10 if ap else 1.0) + 0.015 * normal[2]),
        frame=Frame(
            width_cm=float(hospital.field_width_cm * np.exp(0.05 * normal[3])),
            centre_x_cm=float((0.9 if ap else 0.4) * normal[4]),
            centre_y_cm=float((0.2 if ap else 0.8) + 0.8 * normal[5]),
            tilt=float(np.radians((2.6 if ap else 0.8) * normal[6])),
        ),
    )
