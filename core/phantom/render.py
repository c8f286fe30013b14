"""One radiograph: anatomy and findings to thicknesses, thicknesses to greys."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from core.findings import FINDINGS, Finding
from core.phantom.anatomy import draw_anatomy, draw_positioning
from core.phantom.bones import bones
from core.phantom.chest import Chest, healthy_chest
from core.phantom.cohort import Patient, Study
from core.phantom.detector import attenuation, detected, developed, equalised, optical_depth
from core.phantom.devices import lines
from core.phantom.findings.site import Mask, Overlay, Site
from core.phantom.findings.table import RENDERERS
from core.phantom.hospitals import HospitalSpec
from core.phantom.lettering import Box, collimated, lettered, token_box, with_token
from core.phantom.plane import Field, Plane, plane, resized
from core.phantom.spec import PhantomSpec
from core.phantom.streams import EVERY_STUDY, Purpose, stream
from core.phantom.tissue import Tissue, tissue
from core.phantom.tubes import Tubes, deposit
from core.phantom.vessels import airways, lung_vessels

_COARSE_SIDE = 256
"""Broad shapes are drawn on a grid of this side, or of half the image's where that is more."""


@dataclass(frozen=True)
class Lesion:
    """Where a finding is.

    Args:
        finding: Which.
        severity: In [0, 1].
        mask: Its pixels on the coarse grid, [m, m] over the whole image.
    """

    finding: Finding
    severity: float
    mask: Mask


@dataclass(frozen=True)
class Radiograph:
    """A finished image and what is known about it.

    Args:
        pixels: Greys, uint8 [size, size], white where little passed.
        lesions: One per finding that is present.
        token_box: Where the shortcut's token lies, or None.
        with_lines: Whether leads or catheters show.
        chest: The geometry that was drawn.
    """

    pixels: NDArray[np.uint8]
    lesions: tuple[Lesion, ...]
    token_box: Box | None
    with_lines: bool
    chest: Chest


def render(
    spec: PhantomSpec, hospital: HospitalSpec, patient: Patient, study: Study
) -> Radiograph:
    """The radiograph of one study.

    Everything random comes from streams of the study's or the patient's own, so the image depends
    on nothing but its arguments.
    """
    draw = partial(stream, spec.seed, hospital.number, patient.number)
    present = [i for i, is_present in enumerate(study.present) if is_present]
    chest = _reshaped_chest(spec.seed, hospital, patient, study, present)
    coarse = plane(chest.position.frame, _coarse_side(spec.size))
    fine = plane(chest.position.frame, spec.size)
    soft = tissue(chest, coarse, draw(study.number, Purpose.TEXTURE))
    site = Site(coarse, chest, soft)
    overlays = [
        RENDERERS[FINDINGS[i]].overlay(site, study.severity[i], draw(EVERY_STUDY, Purpose.FINDING + i))
        for i in present
    ]
    wires = lines(chest, study, hospital, draw(study.number, Purpose.DEVICES))
    water = np.maximum(_water(site, overlays) + deposit(airways(chest), coarse), 0)
    mineral = bones(chest, coarse, draw(EVERY_STUDY, Purpose.ANATOMY))
    vessels = lung_vessels(chest, draw(EVERY_STUDY, Purpose.VESSELS))
    vessel_water = deposit(vessels, fine, _vessels_seen(soft, overlays))
    crossed = resized(attenuation(water, mineral), fine.side)
    crossed = crossed + attenuation(vessel_water * np.float32(1 - chest.lung_density))
    if wires is not None:
        crossed = crossed + attenuation(0, deposit(wires, fine))
    depth = optical_depth(crossed, fine)
    box = token_box(draw(study.number, Purpose.SHORTCUT)) if study.token else None
    pixels = _developed(depth, hospital, fine, box, draw(study.number, Purpose.DETECTOR),
                        draw(study.number, Purpose.LETTERING))
    lesions = tuple(
        Lesion(FINDINGS[i], study.severity[i], overlay.mask)
        for i, overlay in zip(present, overlays, strict=True)
    )
    return Radiograph(pixels, lesions, box, wires is not None, chest)


def _coarse_side(size: int) -> int:
    return size if size <= _COARSE_SIDE else max(_COARSE_SIDE, size // 2)


def _reshaped_chest(
    seed: int, hospital: HospitalSpec, patient: Patient, study: Study, present: list[int]
) -> Chest:
    chest = healthy_chest(
        draw_anatomy(seed, hospital, patient), draw_positioning(seed, hospital, patient, study)
    )
    for i in present:
        rng = stream(seed, hospital.number, patient.number, EVERY_STUDY, Purpose.FINDING + i)
        chest = RENDERERS[FINDINGS[i]].reshape(chest, study.severity[i], rng)
    return chest


def _water(site: Site, overlays: list[Overlay]) -> Field:
    """Water-equivalent thickness; opacities together cannot displace more air than there is."""
    change = sum((overlay.water for overlay in overlays), start=np.zeros_like(site.air))
    return site.tissue.body - site.air - site.tissue.gas + np.minimum(change, site.air + 0.3)


def _vessels_seen(soft: Tissue, overlays: list[Overlay]) -> Field:
    """Share of the lung's vessels that show at each place."""
    seen = np.clip(soft.lung / 4, 0, 1)
    for overlay in overlays:
        if overlay.vessels is not None:
            seen = seen * overlay.vessels
    return seen


def _developed(
    depth: Field,
    hospital: HospitalSpec,
    where: Plane,
    box: Box | None,
    detector: np.random.Generator,
    lettering: np.random.Generator,
) -> NDArray[np.uint8]:
    grey = developed(detected(depth, hospital, where, detector), hospital, detector)
    grey = collimated(grey, hospital, lettering)
    grey = lettered(equalised(grey, hospital.equalisation), hospital, lettering)
    if box is not None:
        grey = with_token(grey, box)
    return np.clip(grey * 255 + 0.5, 0, 255).astype(np.uint8)
