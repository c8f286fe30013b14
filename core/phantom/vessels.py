"""Lung vessels and airways: trees that fork outwards from the hila."""

import numpy as np
from numpy.typing import NDArray

from core.phantom.chest import Chest, midline_cm
from core.phantom.plane import Field
from core.phantom.tubes import Tubes, joined, polyline

_TRUNKS = (-1.35, -1.0, -0.65, -0.3, 0.05, 0.35, 0.62, 0.88, 1.15, 1.4)
"""Directions of a lung's first branches: 0 is outwards, positive down, in radians."""

_MIN_RADIUS_CM = 0.068
_SHEATH = 1.7
"""Vessel, bronchial wall and their sheath over the vessel alone."""

_MAX_GENERATIONS = 7
_REACH_CM = 26.0
"""Segments that end farther out than any lung are not grown on."""


def lung_vessels(chest: Chest, rng: np.random.Generator) -> Tubes:
    """Arteries and veins of both lungs, those of the bases wider than those of the tops.

    Args:
        chest: The geometry; a shallow breath crowds the tree.
        rng: The patient's own: the tree is the same in every study.
    """
    stretch = (chest.dome_y_cm[0] - chest.apex_y_cm) / 19.0
    widen = chest.half_width_cm / 13.5
    return joined([_tree(chest, side, stretch, widen, rng) for side in (-1, 1)])


def _tree(chest: Chest, side: int, stretch: float, widen: float, rng: np.random.Generator) -> Tubes:
    angle = np.array(_TRUNKS) + rng.normal(0, 0.10, len(_TRUNKS))
    radius = np.interp(angle, [-1.3, 0.2, 1.4], [0.28, 0.34, 0.46]) * rng.uniform(
        0.75, 1.2, len(angle)
    )
    start = np.stack([2.6 + 0.5 * np.cos(angle), 1.7 * np.sin(angle)], axis=1)
    start[:, 1] += 0.6 if side < 0 else 0.0
    parts: list[Tubes] = []
    for generation in range(_MAX_GENERATIONS):
        length = (2.3 if generation else 2.8) * rng.uniform(0.6, 1.3, len(angle))
        middle, end, heading = _grown(start, angle, length, rng)
        for first, last in ((start, middle), (middle, end)):
            parts.append(
                Tubes(
                    _placed(chest, side, first, stretch, widen),
                    _placed(chest, side, last, stretch, widen),
                    (chest.calibre * radius).astype(np.float32),
                    np.full(len(radius), _SHEATH, dtype=np.float32),
                    np.zeros(len(radius), dtype=np.float32),
                )
            )
        start, angle, radius = _forked(end, heading, radius, rng)
        if not len(radius):
            break
    return joined(parts)


def _grown(
    start: NDArray[np.float64],
    angle: NDArray[np.float64],
    length: NDArray[np.float64],
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """A branch of two pieces with a slight bend: its middle, its end and its last direction."""
    bend = rng.normal(0, 0.16, len(angle))
    first = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    second = np.stack([np.cos(angle + bend), np.sin(angle + bend)], axis=1)
    middle = start + first * length[:, None] / 2
    return middle, middle + second * length[:, None] / 2, angle + bend


def _forked(
    end: NDArray[np.float64],
    angle: NDArray[np.float64],
    radius: NDArray[np.float64],
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Each branch goes on, a little thinner, and gives off a thinner one to a side."""
    turn = rng.choice((-1.0, 1.0), len(angle))
    onward = angle + turn * rng.uniform(0.05, 0.25, len(angle))
    aside = angle - turn * rng.uniform(0.45, 0.95, len(angle))
    starts = np.concatenate([end, end])
    angles = np.concatenate([onward, aside])
    radii = np.concatenate([0.84 * radius, rng.uniform(0.5, 0.7, len(radius)) * radius])
    alive = (radii > _MIN_RADIUS_CM) & (np.abs(starts).max(axis=1) < _REACH_CM)
    return starts[alive], angles[alive], radii[alive]


def _placed(
    chest: Chest, side: int, points: NDArray[np.float64], stretch: float, widen: float
) -> Field:
    """Points of a tree (outwards, down, from the hilum) in the image plane, in cm."""
    y = chest.apex_y_cm + 9.3 * stretch + points[:, 1] * stretch
    x = side * points[:, 0] * widen + chest.shift_cm
    x = x + midline_cm(chest, y.astype(np.float32))
    return np.stack([x, y], axis=1).astype(np.float32)


def airways(chest: Chest) -> Tubes:
    """Air in the windpipe and the two main bronchi; the right one is steeper."""
    top = chest.apex_y_cm
    carina = top + 7.6
    x = -0.3 + chest.shift_cm + 0.5 * chest.front_shift_cm
    windpipe = np.array([[x + 0.2, top - 9], [x + 0.15, top], [x, top + 4], [x, carina + 0.4]])
    right = np.array(
        [[x, carina - 0.6], [x - 1.3, carina + 1.0], [x - 2.3, carina + 2.6], [x - 2.8, carina + 5]]
    )
    left = np.array([[x, carina - 0.6], [x + 2.0, carina + 0.8], [x + 3.6, carina + 1.5]])
    return joined(
        [
            polyline(windpipe, 0.88, np.array([-1.5, -1.3, -1.0])),
            polyline(right, 0.58, np.array([-1.5, -1.2, -0.5])),
            polyline(left, 0.50, np.array([-1.4, -0.8])),
        ]
    )
