"""The two hospitals: how their patients, machines and records differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Role = Literal["source", "target"]


@dataclass(frozen=True, kw_only=True)
class HospitalSpec:
    """One hospital.

    Args:
        folder: Folder of its layout in the phantom.
        number: Its number in the random streams.
        role: `source` or `target`: where the shortcut is planted, whose labels are noisy.
        share_ap: Share of frontal studies taken AP.
        age_mean_years: Mean of the patients' ages.
        age_sd_years: Standard deviation of the patients' ages.
        share_female: Share of women.
        field_width_cm: Mean width of the field of view at the patient.
        optical_centre: Log attenuation (nats) shown as mid grey.
        optical_width: Nats from mid grey to 73 % (smaller: more contrast).
        optical_spread: Standard deviation of the centre between exposures, in nats.
        detail: Share of the low-frequency signal that the machine's processing removes.
        noise: Quantum noise of one pixel of a 512-pixel image behind 10 cm of water, in nats.
        blur_cm: Standard deviation of the detector's blur.
        equalisation: Share of histogram equalisation in the files' greys.
        share_collimated: Share of images with a black border.
        share_lines: Share of images with leads or catheters, in PA and in AP views.
        letter: How the side is marked, and on which side of the patient.
    """

    folder: str
    number: int
    role: Role
    share_ap: float
    age_mean_years: float
    age_sd_years: float
    share_female: float
    field_width_cm: float
    optical_centre: float
    optical_width: float
    optical_spread: float
    detail: float
    noise: float
    blur_cm: float
    equalisation: float
    share_collimated: float
    share_lines: tuple[float, float]
    letter: Literal["L", "R"]


SOURCE, TARGET = "mimic-cxr-jpg", "chestxray14"

HOSPITALS: Mapping[str, HospitalSpec] = {
    SOURCE: HospitalSpec(
        folder=SOURCE,
        number=0,
        role="source",
        share_ap=0.58,
        age_mean_years=60.0,
        age_sd_years=17.0,
        share_female=0.47,
        field_width_cm=34.0,
        optical_centre=2.15,
        optical_width=0.50,
        optical_spread=0.10,
        detail=0.18,
        noise=0.008,
        blur_cm=0.022,
        equalisation=0.75,
        share_collimated=0.15,
        share_lines=(0.10, 0.65),
        letter="R",
    ),
    TARGET: HospitalSpec(
        folder=TARGET,
        number=1,
        role="target",
        share_ap=0.40,
        age_mean_years=47.0,
        age_sd_years=16.0,
        share_female=0.435,
        field_width_cm=33.0,
        optical_centre=2.00,
        optical_width=0.50,
        optical_spread=0.17,
        detail=0.10,
        noise=0.014,
        blur_cm=0.045,
        equalisation=0.0,
        share_collimated=0.35,
        share_lines=(0.05, 0.40),
        letter="L",
    ),
}
