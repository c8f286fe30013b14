"""One radiograph: anatomy and findings to thicknesses, thicknesses to greys."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from core.findings import FINDINGS, Finding
from core.phantom.anatomy import draw_anatomy, draw_positioning
from core.phantom.bones import bones
from core.phantom.chest import Chest, healthy_chest
from core.phantom.cohort import Patient, Study
from core.phantom.detector import (
    MINERAL_PER_CM,
    WATER_PER_CM,
    attenuation,
    detected,
    developed,
    equalised,
    optical_depth,
)
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

Draw = Callable[[int], np.random.Generator]
"""Gives the stream for a purpose."""

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


def render(spec: PhantomSpec, hospital: HospitalSpec, patient: Patient, study: Study) -> Radiograph:
    """The radiograph of one study.

    Everything random comes from streams of the study's or the patient's own, so the image depends
    on nothing but its arguments.

    Args:
        spec: Seed and size.
        hospital: Whose machine it is.
        patient: Whose chest it is.
        study: What is present, and the view.
    """
    draw = partial(stream, spec.seed, hospital.number, patient.number)
    present = [i for i, is_present in enumerate(study.present) if is_present]
    chest = _reshaped_chest(spec.seed, hospital, patient, study, present)
    coarse = plane(chest.position.frame, _coarse_side(spec.size))
    fine = plane(chest.position.frame, spec.size)
    site = Site(coarse, chest, tissue(chest, coarse, draw(study.number, Purpose.TEXTURE)))
    # A finding keeps its place and its shape from study to study; only its severity changes.
    overlays = [
        RENDERERS[FINDINGS[i]].overlay(
            site, study.severity[i], draw(EVERY_STUDY, Purpose.FINDING + i)
        )
        for i in present
    ]
    wires = lines(chest, study, hospital, draw(study.number, Purpose.DEVICES))
    depth = optical_depth(_crossed(site, overlays, wires, fine, partial(draw, EVERY_STUDY)), fine)
    box = token_box(draw(study.number, Purpose.SHORTCUT)) if study.token else None
    pixels = _developed(depth, hospital, fine, box, partial(draw, study.number))
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


def _crossed(
    site: Site, overlays: list[Overlay], wires: Tubes | None, fine: Plane, draw: Draw
) -> Field:
    """Attenuation along each beam, in nats, [fine.side, fine.side].

    What is broad is drawn on the coarse grid and enlarged; vessels and wires need the fine one.
    """
    chest, coarse = site.chest, site.where
    water = np.maximum(_water(site, overlays) + deposit(airways(chest), coarse), 0)
    mineral = bones(chest, coarse, draw(Purpose.RIBS))
    vessels = lung_vessels(chest, draw(Purpose.VESSELS))
    vessel_water = deposit(vessels, fine, _vessels_seen(site.tissue, overlays))
    broad = attenuation(water, WATER_PER_CM) + attenuation(mineral, MINERAL_PER_CM)
    crossed = resized(broad, fine.side) + attenuation(
        vessel_water, WATER_PER_CM * (1 - chest.lung_density)
    )
    if wires is None:
        return crossed
    return crossed + attenuation(deposit(wires, fine), MINERAL_PER_CM)


def _developed(
    depth: Field, hospital: HospitalSpec, where: Plane, token: Box | None, draw: Draw
) -> NDArray[np.uint8]:
    """Greys as the hospital files them, uint8."""
    detector, lettering = draw(Purpose.DETECTOR), draw(Purpose.LETTERING)
    grey = developed(detected(depth, hospital, where, detector), hospital, detector)
    grey = collimated(grey, hospital, lettering)
    grey = lettered(equalised(grey, hospital.equalisation), hospital, lettering)
    if token is not None:
        grey = with_token(grey, token)
    return np.clip(grey * 255 + 0.5, 0, 255).astype(np.uint8)
