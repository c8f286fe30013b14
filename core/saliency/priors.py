"""Where boxes lie when no model is asked: the baselines that a map has to beat.

Shapes: N maps with the boxes of one finding each, G the side of their grid.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.saliency.raster import Maps, pooled_to, regions_of
from core.saliency.render import Frame

CENTRE_SIGMA = 0.25
"""Standard deviation of the centre's Gaussian, in sides of the square."""

LUNGS = ((0.29, 0.45), (0.71, 0.45))
LUNG_RADII = (0.15, 0.31)
"""Centres and half axes of two upright ellipses where the lungs of a frontal radiograph lie."""

_CHUNK = 128
_FINE = 8


@dataclass(frozen=True, eq=False)
class Boxed:
    """Images with the boxes of one finding each.

    Args:
        boxes: N times the boxes, in fractions of the square.
        findings: str [N].
        patient_ids: str [N].
    """

    boxes: Sequence[Sequence[Frame]]
    findings: NDArray[np.str_]
    patient_ids: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.boxes)


@dataclass(frozen=True)
class BaselineSpec:
    """A map that needs no model.

    Args:
        title: For people.
        target_use: What of the target it uses.
        maps: Its maps, float64 [N, G, G]; NaN where it has none.
    """

    title: str
    target_use: str
    maps: Callable[[Boxed, int], Maps]


def centre(boxed: Boxed, side: int) -> Maps:
    """A Gaussian around the middle of the image, the same for all."""
    x, y = _cells(side)
    bump = np.exp(-((x - 0.5) ** 2 + (y - 0.5) ** 2) / (2 * CENTRE_SIGMA**2))
    return _repeated(bump, len(boxed))


def lungs(boxed: Boxed, side: int) -> Maps:
    """The area of two ellipses where the lungs usually lie, the same for all."""
    x, y = _cells(side * _FINE)
    radius_x, radius_y = LUNG_RADII
    inside = [
        ((x - at_x) / radius_x) ** 2 + ((y - at_y) / radius_y) ** 2 <= 1 for at_x, at_y in LUNGS
    ]
    area = np.logical_or(*inside).astype(np.float64)
    return _repeated(pooled_to(area[None], side)[0], len(boxed))


def mean_box(boxed: Boxed, side: int) -> Maps:
    """How often a box of the same finding covers each cell in other patients."""
    covered = coverage(boxed.boxes, side)
    maps = np.full_like(covered, np.nan)
    for finding in np.unique(boxed.findings):
        rows = np.flatnonzero(boxed.findings == finding)
        of_finding, patients = covered[rows], boxed.patient_ids[rows]
        for patient in np.unique(patients):
            others = of_finding[patients != patient]
            if len(others):
                maps[rows[patients == patient]] = others.mean(0)
    return maps


def coverage(boxes: Sequence[Sequence[Frame]], side: int) -> Maps:
    """The share of each cell that boxes cover, float64 [N, G, G]."""
    parts = [
        pooled_to(regions_of(boxes[start : start + _CHUNK]).astype(np.float64), side)
        for start in range(0, len(boxes), _CHUNK)
    ]
    return np.concatenate([*parts, np.empty((0, side, side))])


BASELINES: Mapping[str, BaselineSpec] = {
    "centre": BaselineSpec("Centre of the image", "none", centre),
    "mean_box": BaselineSpec("Mean box of other patients", "boxes", mean_box),
    "lungs": BaselineSpec("Where lungs lie", "none", lungs),
}


def _cells(side: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """X [1, G] and y [G, 1] of the cells' centres, in sides of the square."""
    at = (np.arange(side) + 0.5) / side
    return at[None], at[:, None]


def _repeated(one: NDArray[np.float64], times: int) -> Maps:
    return np.broadcast_to(one, (times, *one.shape)).copy()
