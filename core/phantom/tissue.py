"""Soft tissue and air: the trunk, the lungs, and what stands between them."""

from dataclasses import dataclass

import numpy as np

from core.phantom.chest import Chest, dome_cm, lung_space_cm, midline_cm, wall_cm
from core.phantom.plane import Field, Plane, chord, cloud, ellipse, step

_HEART_UNIT_CM = 13.0
"""Width of the heart that the ellipses below make."""
_HEART_HALF_DEPTH_CM = 5.6


@dataclass(frozen=True)
class Tissue:
    """Thicknesses along the beam, in cm, [side, side].

    Args:
        body: Whole trunk, neck and arms.
        lung: Aerated lung.
        heart: Heart within its outline.
        gas: Air outside the lungs.
        wall_distance: From a place outwards to the inner chest wall.
        dome: Level of the diaphragm above or below each place.
        x: Distance from the midline, to the patient's left.
    """

    body: Field
    lung: Field
    heart: Field
    gas: Field
    wall_distance: Field
    dome: Field
    x: Field


def tissue(chest: Chest, where: Plane, rng: np.random.Generator) -> Tissue:
    """All soft tissue of a chest.

    Args:
        chest: The geometry.
        where: The pixels.
        rng: Draws the tissue's unevenness.
    """
    x = where.x_cm - midline_cm(chest, where.y_cm)
    dome = dome_cm(chest, x)
    space = lung_space_cm(chest, x, where.y_cm, dome)
    heart = _heart(chest, where) * step(dome + np.float32(0.5) - where.y_cm, 2.0)
    occupied = heart + _mediastinum(chest, where)
    lung = np.clip(space - occupied, 0, None)
    grain = 1 + np.float32(0.012) * cloud(rng, where, 0.5, octaves=2)
    uneven = 1 + np.float32(0.012) * cloud(rng, where, 3.5, octaves=5)
    return Tissue(
        body=_trunk(chest, where) * uneven,
        lung=lung * grain,
        heart=heart,
        gas=_abdominal_gas(chest, where, rng),
        wall_distance=wall_cm(chest, where.y_cm) - np.abs(x),
        dome=dome,
        x=x,
    )


def _heart(chest: Chest, where: Plane) -> Field:
    """Left heart, right atrium and outflow tract, merged into one body with its apex to the left.

    The parts are ellipses; where they overlap the outline bulges smoothly, as level sets of a sum
    of Gaussians do.
    """
    scale = chest.heart_width_cm / _HEART_UNIT_CM
    centre_x = chest.shift_cm + chest.front_shift_cm
    # The heart stands on the diaphragm: it moves with the left dome.
    floor_y = 0.6 * chest.dome_y_cm[1] + 0.4 * chest.dome_y_cm[0] + 0.9
    parts = (
        (3.0, -3.2, 6.6, 4.2, chest.build.heart_tilt),
        (-0.6, -4.3, 2.7, 4.6, 0.05),
        (1.7, -8.8, 2.2, 4.0, -0.15),
    )
    total = np.zeros_like(where.x_cm)
    for x, y, long, short, angle in parts:
        centre = (centre_x + scale * x, floor_y + scale * y)
        total += np.exp(1 - ellipse(where, centre, (scale * long, scale * short), angle))
    merged = np.clip(1 - np.log(total + np.float32(1e-6)), 0, None)
    full = np.float32(2 * _HEART_HALF_DEPTH_CM * scale)
    return full * np.sqrt(chord(merged) * chord(merged * merged))


def _mediastinum(chest: Chest, where: Plane) -> Field:
    """Great vessels, spine and fat between the lungs: what they take of the lungs' depth."""
    x = where.x_cm - midline_cm(chest, where.y_cm) - np.float32(chest.shift_cm)
    knob = chest.build.knob_cm
    top = chest.apex_y_cm
    # Below the windpipe's fork lung reaches behind the heart towards the spine from both sides.
    solid = 14 - 7 * step(where.y_cm - np.float32(top + 9.0), 6.0)
    column = solid * np.exp(-((x / np.float32(1.9)) ** 2))
    cava = 7 * _plateau((x + 1.7) / np.float32(1.1)) * step(-where.y_cm - 1, 8)
    arch = np.float32(5 * knob) * chord(ellipse(where, (1.6, top + 6.0), (knob + 0.7, knob + 0.3)))
    aorta = np.float32(1.6 * knob) * chord(((x - 1.9) / np.float32(0.75 * knob)) ** 2)
    aorta = aorta * step(where.y_cm - np.float32(top + 6.0), 1.5)
    hila = _hilum(chest, where, -1) + _hilum(chest, where, 1)
    return column + cava + arch + aorta + hila


def _plateau(distance: Field) -> Field:
    """1 on the axis, soft shoulders at a relative distance of 1."""
    squared = distance * distance
    return np.exp(-squared * squared)


def _hilum(chest: Chest, where: Plane, side: int) -> Field:
    """Soft shadow of the root of a lung; the left one lies a little higher."""
    y = chest.apex_y_cm + (9.8 if side < 0 else 9.2)
    distance = ellipse(where, (side * 3.3 + chest.shift_cm, y), (1.5, 2.4), -side * 0.35)
    return np.float32(3.2) * np.exp(-1.4 * distance)


def _trunk(chest: Chest, where: Plane) -> Field:
    """Thickness of the body: trunk, shoulders, neck, arms, breasts."""
    x, y = np.abs(where.x_cm), where.y_cm
    build = chest.build
    half_width = np.float32(chest.half_width_cm + 0.8 * build.wall_cm + 1.2)
    depth = np.float32(2 * (chest.half_depth_cm + 0.9 * build.wall_cm))
    top = np.float32(chest.apex_y_cm)
    up = step(top + 8 - y, 16.0)
    belly = step(where.y_cm - np.float32(max(chest.dome_y_cm) + 1), 8.0)
    trunk = (
        depth
        * (1 - np.float32(0.25) * up + np.float32(0.10) * belly)
        * chord((x / half_width) ** 3.5)
    )
    shoulder_y = top - 0.8 - 4.5 * np.exp(-((x / np.float32(8.5)) ** 2))
    upper = np.sqrt(step(y - shoulder_y - 2.5, 6.5)) * step(top + 9.0 - y, 9.0)
    shoulders = np.float32(9.5 + 0.9 * build.wall_cm) * upper * chord((x / np.float32(26)) ** 4)
    neck = np.float32(13.5) * chord((where.x_cm / np.float32(6.2)) ** 2) * step(top + 3 - y, 6)
    trunk = trunk * step(y - shoulder_y - 2.5, 8.0)
    arms = _arms(chest, where)
    whole = np.cbrt(trunk**3 + shoulders**3 + neck**3 + arms**3)
    return whole + _breasts(chest, where) + _pectorals(chest, where)


def _arms(chest: Chest, where: Plane) -> Field:
    """Upper arms, along the trunk or held away from it."""
    spread = 1.5 if chest.position.arms_down else 7.5
    girth = 3.6 + 0.4 * chest.build.wall_cm
    start_x = chest.half_width_cm + 0.7 * chest.build.wall_cm + 3.6
    below = np.clip((where.y_cm - np.float32(chest.apex_y_cm + 4)) / 24, 0, 1.2)
    axis = np.float32(start_x) + np.float32(spread) * below
    inside = chord(((np.abs(where.x_cm) - axis) / np.float32(girth)) ** 2)
    return np.float32(2 * girth) * inside * step(where.y_cm - chest.apex_y_cm - 2, 4)


def _breasts(chest: Chest, where: Plane) -> Field:
    """Half ellipsoids whose lower outline is a crescent, the upper one fading into the wall."""
    thickness = chest.build.breast_cm
    if thickness == 0:
        return np.zeros_like(where.x_cm)
    centre_y = np.float32(max(chest.dome_y_cm) - 2.8)
    width, drop = 5.6 + 0.25 * thickness, 3.2 + 0.7 * thickness
    total = np.zeros_like(where.x_cm)
    for side in (-1, 1):
        dx = (where.x_cm - np.float32(side * 0.62 * chest.half_width_cm)) / np.float32(width)
        dy = where.y_cm - centre_y
        dy = np.where(dy > 0, dy / np.float32(drop), dy / np.float32(9.0))
        total += np.float32(thickness) * chord(dx * dx + dy * dy)
    return total


def _pectorals(chest: Chest, where: Plane) -> Field:
    """Breast muscles: a soft step from the armpit down to the sternum."""
    x, y = np.abs(where.x_cm), where.y_cm
    edge = np.float32(chest.apex_y_cm + 15.5) - np.float32(0.45) * x
    strong = 1.3 if chest.build.sex == "M" else 0.5
    covered = step(edge - y, 3.0) * step(y - chest.apex_y_cm - 3, 5.0) * step(x - 3, 4)
    return np.float32(strong) * covered


def _abdominal_gas(chest: Chest, where: Plane, rng: np.random.Generator) -> Field:
    """Gastric bubble under the left dome, with its level when upright, and bowel gas below."""
    radius = chest.build.stomach_gas_cm
    x, y = 0.45 * chest.half_width_cm + rng.normal(0, 0.7), chest.dome_y_cm[1] + 1.0 + radius
    total = np.zeros_like(where.x_cm)
    if radius > 0.6:
        bubble = 1.7 * radius * chord(ellipse(where, (x, y), (1.4 * radius, radius), 0.15))
        if chest.position.view == "PA":
            bubble = bubble * step(np.float32(y + 0.25 * radius) - where.y_cm, 0.25)
        total += bubble.astype(np.float32)
    for _ in range(int(rng.integers(1, 6))):
        place = (rng.uniform(1, 9), chest.dome_y_cm[1] + rng.uniform(3.5, 9))
        size = rng.uniform(0.7, 1.9)
        loop = ellipse(where, place, (size * 1.5, size), rng.uniform(-0.8, 0.8))
        total += np.float32(1.3 * size) * chord(loop) * np.float32(0.7)
    return total
