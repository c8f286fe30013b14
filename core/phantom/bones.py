"""The skeleton of the chest: ribs, spine, clavicles, scapulae and upper arms."""

import numpy as np
from numpy.typing import NDArray

from core.phantom.chest import Chest, midline_cm, wall_cm
from core.phantom.plane import Field, Plane, chord, ellipse, step
from core.phantom.tubes import Tubes, deposit, joined, polyline

_NUM_RIBS = 10
_RIB_POINTS = 56
_BONY_SHARE = np.clip(6.0 * (1 - np.linspace(0, 1, _RIB_POINTS - 1)), 0.12, 1)
"""Ribs end in cartilage, which hardly shows."""


_ROUNDED = np.clip(6 * np.minimum(np.linspace(0, 1, 17)[1:-1], np.linspace(1, 0, 17)[1:-1]), 0, 1)
"""Ends of a bone fade instead of being cut."""


def bones(chest: Chest, where: Plane, rng: np.random.Generator) -> Field:
    """Bone mineral in excess of soft tissue, in cm, [side, side].

    Args:
        chest: The geometry.
        where: The pixels.
        rng: The patient's own; draws irregularities of the ribs.
    """
    tubes = joined([*_ribs(chest, rng), *_clavicles(chest), *_scapular_edges(chest), *_arms(chest)])
    broad = _spine(chest, where) + _blades(chest, where) + _heads(chest, where)
    return np.float32(chest.build.bone_density) * (broad + deposit(tubes, where))


def _ribs(chest: Chest, rng: np.random.Generator) -> list[Tubes]:
    """Both halves of each rib: from the spine out and down the back, then down to the front.

    A rib runs round the thorax in a plane that slopes forwards. Behind, it starts level and bends
    down; in front, it descends steeply towards the breastbone and ends in cartilage.
    """
    build = chest.build
    stretch = (chest.dome_y_cm[0] - chest.apex_y_cm) / build.lung_height_cm
    spacing = build.rib_spacing_cm * (0.6 + 0.4 * stretch)
    drop = build.rib_drop_cm * (0.75 + 0.25 * stretch)
    ribs: list[Tubes] = []
    for number in range(_NUM_RIBS):
        bony = 0.45 * min(1.0, 0.72 + 0.14 * number, 1 - 0.13 * (number - 6))
        wobble = rng.normal(0, 1, (2, 3))
        for side, random in zip((-1, 1), wobble, strict=True):
            start_y = chest.apex_y_cm - 0.7 + spacing * (number + build.rib_phase)
            points, radius = _rib(chest, number, side, start_y + 0.1 * random[0], drop, random)
            ribs.append(polyline(points, radius, thickness=bony * _BONY_SHARE, hollow=0.72))
    return ribs


def _rib(
    chest: Chest, number: int, side: int, start_y: float, drop: float, random: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points [n, 3] of a rib's axis, and half widths [n − 1]."""
    last = np.pi * (0.84 - 0.012 * number if number < 7 else 0.74 - 0.06 * (number - 7))
    angle = np.linspace(0.12, last, _RIB_POINTS)
    fall = drop * (0.72 + 0.07 * min(number, 7) + 0.02 * random[1])
    turned = (1 - np.cos(angle)) / 2
    # Behind, the ribs rise a little before they fall; in front they plunge.
    y = start_y + fall * turned**1.3 - 0.6 * np.sin(np.minimum(2.2 * angle, np.pi))
    level = np.asarray(wall_cm(chest, y.astype(np.float32)), dtype=np.float64) + 0.2
    level = level * min(1.0, 0.86 + 0.10 * number)
    turn = 0.55 * chest.position.rotation * chest.half_depth_cm
    x = side * level * np.sin(angle) ** 0.72 - turn * np.cos(angle)
    x = x + midline_cm(chest, y.astype(np.float32))
    depth = -chest.half_depth_cm * np.cos(angle)
    radius = np.interp(angle, [0, 0.5, 2.0, 3.1], [0.42, 0.55, 0.57, 0.72])
    radius = radius * (1 + 0.05 * random[2]) * (chest.build.half_width_cm / 13.5)
    return np.stack([x, y, depth], axis=1), radius[:-1]


def _clavicles(chest: Chest) -> list[Tubes]:
    """S-shaped, from beside the midline out to the shoulders, tilted by rotation."""
    t = np.linspace(0, 1, 30)
    lift = 1.4 if chest.position.view == "AP" else 0.0
    pair: list[Tubes] = []
    for side in (-1, 1):
        inner = 1.3 + side * 1.6 * chest.front_shift_cm
        x = side * (inner + (chest.half_width_cm + 1.6 - inner) * t)
        y = chest.apex_y_cm + 4.9 - lift - chest.build.clavicle_rise_cm * t
        y = y + 0.55 * np.sin(2 * np.pi * t)
        radius = 0.48 + 0.30 * (1 - t) ** 6 * np.clip(12 * t, 0.2, 1) + 0.12 * t**3
        points = np.stack([x, y], axis=1)
        pair.append(polyline(points, radius[:-1], 0.85 * np.clip(9 * t[1:], 0.3, 1), hollow=0.62))
    return pair


def _scapular_edges(chest: Chest) -> list[Tubes]:
    """Margins, spine and socket of the shoulder blades."""
    edges: list[Tubes] = []
    for side in (-1, 1):
        corners = _blade_corners(chest, side)
        tip, upper, socket = corners
        acromion = (socket[0] + side * 2.6, socket[1] - 2.6)
        root = ((2 * upper[0] + tip[0]) / 3, (2 * upper[1] + tip[1]) / 3)
        edges += [
            _bent(tip, socket, 0.26, -0.9 * side),
            _bent(tip, upper, 0.12, 0.6 * side),
            _bent(upper, socket, 0.12, -0.4),
            _bent(root, acromion, 0.34, -0.5),
            _bent((socket[0] - side * 1.6, socket[1] - 1.6), (socket[0] + side * 0.2,
                  socket[1] - 1.0), 0.42, -0.3),
        ]  # fmt: skip
    return edges


def _bent(
    start: tuple[float, float], end: tuple[float, float], radius: float, bend: float
) -> Tubes:
    """A tube between two points that swings sideways by `bend` half way."""
    t = np.linspace(0, 1, 16)
    swing = bend * np.sin(np.pi * t)
    x = start[0] + (end[0] - start[0]) * t + swing
    y = start[1] + (end[1] - start[1]) * t + 0.4 * swing
    return polyline(np.stack([x, y], axis=1), radius, thickness=0.7 * _ROUNDED, hollow=0.5)


def _blade_corners(chest: Chest, side: int) -> tuple[tuple[float, float], ...]:
    """Lower tip, upper inner corner and socket of a shoulder blade."""
    tip_x = chest.position.scapula_cm
    top = chest.apex_y_cm
    tip = (side * tip_x, top + 14.2)
    upper = (side * (tip_x - 2.0), top + 2.4)
    socket = (side * max(chest.half_width_cm + 1.8, tip_x + 3.0), top + 3.6)
    return tip, upper, socket


def _blades(chest: Chest, where: Plane) -> Field:
    """The thin plates of the shoulder blades."""
    total = np.zeros_like(where.x_cm)
    for side in (-1, 1):
        corners = _blade_corners(chest, side)
        centre = np.mean(np.array(corners), axis=0)
        inside = np.ones_like(where.x_cm)
        for (x0, y0), (x1, y1) in zip(corners, (*corners[1:], corners[0]), strict=True):
            normal = np.array([-(y1 - y0), x1 - x0])
            normal = normal / np.linalg.norm(normal)
            if normal @ (centre - (x0, y0)) < 0:
                normal = -normal
            distance = (where.x_cm - x0) * normal[0] + (where.y_cm - y0) * normal[1]
            inside *= step(distance.astype(np.float32), 0.4)
        total += np.float32(0.10) * inside
    return total


def _arms(chest: Chest) -> list[Tubes]:
    """Heads and shafts of the upper arm bones."""
    spread = 1.5 if chest.position.arms_down else 7.5
    start_x = chest.half_width_cm + 0.7 * chest.build.wall_cm + 3.2
    top = chest.apex_y_cm + 2.6
    t = np.linspace(0, 1, 20)
    bones_: list[Tubes] = []
    for side in (-1, 1):
        x = side * (start_x + spread * np.clip(t - 0.1, 0, None))
        y = top + 26 * t
        points = np.stack([x, y], axis=1)
        bones_.append(polyline(points, 1.15, 0.5 * np.clip(10 * t[1:], 0.05, 1), hollow=0.76))
    return bones_


def _heads(chest: Chest, where: Plane) -> Field:
    """Heads of the upper arm bones."""
    x = chest.half_width_cm + 0.7 * chest.build.wall_cm + 2.9
    y = chest.apex_y_cm + 3.0
    total = np.zeros_like(where.x_cm)
    for side in (-1, 1):
        distance = ellipse(where, (side * x, y), (2.2, 2.4))
        total += np.float32(0.45) * chord(distance) + np.float32(0.12) * step(
            np.float32(0.12) - np.abs(distance - np.float32(0.9)), 0.15
        )
    return total


def _spine(chest: Chest, where: Plane) -> Field:
    """Vertebral bodies with end plates, pedicles and spinous processes, discs between them."""
    x = where.x_cm - midline_cm(chest, where.y_cm)
    y = where.y_cm
    height = np.float32(2.0) + np.float32(0.022) * (y + 12)
    phase = (y - np.float32(chest.apex_y_cm)) / height
    level = phase - np.floor(phase)
    half = np.float32(1.45) + np.float32(0.022) * (y + 12)
    waist = half * (1 - np.float32(0.09) * np.cos(2 * np.pi * (level - 0.5)))
    body = step(waist - np.abs(x), 0.6)
    disc = step(np.float32(0.09) - np.minimum(level, 1 - level), 0.06)
    plates = np.exp(-(((np.minimum(level, 1 - level) - 0.12) / 0.04) ** 2))
    column = body * (0.24 - 0.10 * disc + 0.12 * plates)
    local = Plane(where.frame, where.side, x, (level - np.float32(0.38)) * height)
    rings = sum(_ring(local, side * 1.05, 0.42) for side in (-1, 1))
    spinous = 0.45 * chord(ellipse(local, (0, 0.75), (0.26, 0.55)))
    transverse = 0.25 * step(0.32 - np.abs(local.y_cm + 0.15), 0.3) * step(2.9 - np.abs(x), 0.6)
    return (column + 0.16 * rings + 0.5 * spinous + transverse * (1 - body)).astype(np.float32)


def _ring(local: Plane, x_cm: float, radius_cm: float) -> Field:
    """The oval outline of a pedicle seen end-on."""
    distance = np.sqrt(ellipse(local, (x_cm, 0.0), (radius_cm, 1.5 * radius_cm)))
    return np.exp(-(((distance - 1) / 0.3) ** 2))
