"""What a finding's renderer sees, and what it gives back."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.phantom.chest import Chest
from core.phantom.plane import Field, Plane, step
from core.phantom.tissue import Tissue

Mask = NDArray[np.bool_]
RIGHT, LEFT = -1, 1
"""Sides of the patient: the right lung lies at negative x, on the image's left."""


@dataclass(frozen=True)
class Site:
    """The chest that a finding is laid over.

    Args:
        where: The coarse pixels.
        chest: The geometry, already reshaped by all findings of the image.
        tissue: Its soft tissue.
    """

    where: Plane
    chest: Chest
    tissue: Tissue

    @property
    def level(self) -> Field:
        """Height in the lung: 0 at the apex, 1 at the dome."""
        top = np.float32(self.chest.apex_y_cm)
        return (self.where.y_cm - top) / np.float32(np.mean(self.chest.dome_y_cm) - top)

    @property
    def air(self) -> Field:
        """Air in the lungs, in cm: what an opacity can replace."""
        return self.tissue.lung * np.float32(1 - self.chest.lung_density)

    def on(self, side: int) -> Field:
        """1 over one lung, 0 over the other."""
        return (self.tissue.x * side > 0).astype(np.float32)


@dataclass(frozen=True)
class Overlay:
    """What a finding lays over the chest, [side, side] each.

    Args:
        water: Change of the water-equivalent thickness, in cm.
        mask: Where the finding is.
        vessels: Share of the lung's vessels that still show, or None: all.
    """

    water: Field
    mask: Mask
    vessels: Field | None = None


def opacity(site: Site, water: Field, share: float = 0.3) -> Overlay:
    """An overlay whose mask is where it has at least `share` of its strongest effect on lung."""
    visible = np.minimum(water, site.air + np.float32(0.3))
    return Overlay(water, visible > np.float32(share) * visible.max())


def either_side(rng: np.random.Generator) -> int:
    """The right or the left."""
    return int(rng.choice((RIGHT, LEFT)))


def place(site: Site, side: int, level: float, inwards: float) -> tuple[float, float]:
    """Where a point in a lung lies: its x and y, in cm.

    Args:
        site: The chest.
        side: RIGHT or LEFT.
        level: 0 at the apex, 1 at the dome.
        inwards: 0 at the lateral wall, 1 at the midline.
    """
    chest = site.chest
    dome = chest.dome_y_cm[0 if side == RIGHT else 1]
    y = chest.apex_y_cm + level * (dome - chest.apex_y_cm)
    row = np.abs(site.where.y_cm[:, site.where.side // 2] - y).argmin()
    half_width = float((site.tissue.wall_distance + np.abs(site.tissue.x))[row].mean())
    return side * half_width * (1 - inwards), float(y)


def above_dome(site: Site, softness_cm: float = 0.8) -> Field:
    """1 over lung above the diaphragm, 0 below its domes."""
    return step(site.tissue.dome - site.where.y_cm, softness_cm)
