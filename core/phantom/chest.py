"""The chest as it lies on one image: a patient's build, positioned and breathing."""

from dataclasses import dataclass

import numpy as np

from core.phantom.anatomy import Anatomy, Positioning
from core.phantom.plane import Field, chord, step

_FULL_BREATH_CM = 3.6
"""How far the domes travel between no breath and a full one."""


@dataclass(frozen=True, kw_only=True)
class Chest:
    """Geometry of one image; findings reshape it before anything is drawn.

    Args:
        build: The patient.
        position: The exposure.
        apex_y_cm: Level of the apices.
        dome_y_cm: Levels of the right and the left dome.
        dome_rise_cm: How far a dome rises above its costophrenic angle.
        half_width_cm: Half the largest inner width of the thorax.
        half_depth_cm: Half the largest inner depth.
        cardiothoracic_ratio: Width of the heart on the image over that of the thorax.
        lung_density: Of water.
        calibre: Width of the lung vessels, 1 when healthy.
        shift_cm: Sideways displacement of the mediastinum.
    """

    build: Anatomy
    position: Positioning
    apex_y_cm: float
    dome_y_cm: tuple[float, float]
    dome_rise_cm: float
    half_width_cm: float
    half_depth_cm: float
    cardiothoracic_ratio: float
    lung_density: float
    calibre: float
    shift_cm: float

    @property
    def front_shift_cm(self) -> float:
        """How far rotation moves what lies in front (heart, inner ends of the clavicles)."""
        return float(0.6 * self.half_depth_cm * np.sin(self.position.rotation))

    @property
    def lowest_y_cm(self) -> float:
        """Where the lateral walls are widest: under the domes."""
        return max(self.dome_y_cm) + 2.5

    @property
    def heart_width_cm(self) -> float:
        """Transverse diameter of the heart on the image."""
        return self.cardiothoracic_ratio * 2 * self.half_width_cm


def healthy_chest(build: Anatomy, position: Positioning) -> Chest:
    """The chest without findings: a poor breath lifts the domes and crowds the lung."""
    missing = 1 - position.inspiration
    apex = -0.5 * build.lung_height_cm - 2.6
    right_dome = apex + build.lung_height_cm - _FULL_BREATH_CM * missing
    if position.view == "AP":
        right_dome -= 0.8
    return Chest(
        build=build,
        position=position,
        apex_y_cm=apex,
        dome_y_cm=(right_dome, right_dome + build.dome_difference_cm),
        dome_rise_cm=3.7,
        half_width_cm=build.half_width_cm * (1 - 0.03 * missing),
        half_depth_cm=build.half_depth_cm,
        cardiothoracic_ratio=build.cardiothoracic_ratio
        * position.heart_scale
        * (1 + 0.06 * missing),
        lung_density=0.25 + 0.10 * missing,
        calibre=1.0,
        shift_cm=0.0,
    )


def midline_cm(chest: Chest, y_cm: Field) -> Field:
    """Where the spine lies at each level."""
    bend = np.sin((y_cm + 4) * np.float32(0.16))
    return np.float32(chest.build.scoliosis_cm) * bend


def wall_cm(chest: Chest, y_cm: Field) -> Field:
    """Distance from the midline to the inner chest wall at each level."""
    span = chest.lowest_y_cm - chest.apex_y_cm
    up = np.clip((chest.lowest_y_cm - y_cm) / np.float32(span), 0, 1)
    rounded = np.sqrt(np.clip(1 - up**5, 0, 1))
    return np.float32(chest.half_width_cm) * (np.float32(0.33) + np.float32(0.67) * rounded)


def inner_edge_cm(chest: Chest, y_cm: Field) -> Field:
    """Distance from the midline to the lung's inner edge: out at the apex, then near the spine."""
    below = np.clip((y_cm - np.float32(chest.apex_y_cm)) / 2.2, 0, 1)
    outer = np.float32(0.33 * chest.half_width_cm)
    return outer - (outer - np.float32(1.7)) * np.sqrt(below)


def dome_cm(chest: Chest, x_cm: Field) -> Field:
    """Level of the diaphragm's dome above each place; deepest at the costophrenic angles."""
    x = np.abs(x_cm)
    top = np.float32(0.47 * chest.half_width_cm)
    lateral = np.clip(x - top, 0, None) / np.float32(chest.half_width_cm - top)
    medial = np.clip(top - x, 0, None) / top
    level = np.where(x_cm < 0, *(np.float32(y) for y in chest.dome_y_cm))
    rise = np.float32(chest.dome_rise_cm)
    return level + rise * lateral**2.6 + np.float32(0.22) * rise * medial**2


def lung_space_cm(chest: Chest, x_cm: Field, y_cm: Field, dome: Field) -> Field:
    """Depth of the pleural space, before heart and mediastinum take their part of it.

    Behind the dome the space goes on down to the posterior recess: below the dome's sharp edge
    lung fades slowly behind the liver.
    """
    x = np.abs(x_cm)
    wall = wall_cm(chest, y_cm)
    span = np.float32(chest.lowest_y_cm - chest.apex_y_cm)
    up = np.clip((chest.lowest_y_cm - y_cm) / span, 0, 1)
    depth = np.float32(2 * chest.half_depth_cm) * (1 - np.float32(0.72) * up**2.6)
    across = chord((x / wall) ** 2.6)
    inside = step(x - inner_edge_cm(chest, y_cm), 3.2) * step(y_cm - chest.apex_y_cm, 0.3)
    below = np.clip(y_cm - dome, 0, None)
    edge, recess = np.exp(below * np.float32(-1 / 0.15)), np.exp(below * np.float32(-1 / 1.5))
    return depth * across * inside * (np.float32(0.6) * edge + np.float32(0.4) * recess)
