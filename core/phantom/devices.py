"""Leads, catheters and tubes that lie on or in the patient."""

import numpy as np
from numpy.typing import NDArray

from core.phantom.chest import Chest
from core.phantom.cohort import Study
from core.phantom.hospitals import HospitalSpec
from core.phantom.tubes import Tubes, disc, joined, polyline


def lines(
    chest: Chest, study: Study, hospital: HospitalSpec, rng: np.random.Generator
) -> Tubes | None:
    """Lines on this image, or None; thickness is in cm of mineral.

    Args:
        chest: The geometry.
        study: PA or AP decides how likely they are.
        hospital: Its shares of images with lines.
        rng: Draws which, and how they lie.
    """
    share = hospital.share_lines[study.view == "AP"]
    if rng.random() >= share:
        return None
    parts: list[Tubes] = []
    if rng.random() < 0.75:
        parts += _leads(chest, rng)
    if rng.random() < 0.55:
        parts.append(_central_catheter(chest, rng))
    if study.view == "AP" and rng.random() < 0.30:
        parts.append(_breathing_tube(chest))
    if study.view == "AP" and rng.random() < 0.30:
        parts.append(_feeding_tube(chest, rng))
    return joined(parts) if parts else joined(_leads(chest, rng))


def _leads(chest: Chest, rng: np.random.Generator) -> list[Tubes]:
    """ECG electrodes with their cables."""
    parts: list[Tubes] = []
    for _ in range(int(rng.integers(2, 5))):
        side = rng.choice((-1, 1))
        x, y = side * rng.uniform(5, 13), rng.uniform(-9, 9)
        parts.append(disc((x, y), 0.45, thickness=1.1))
        out = np.array([x + side * rng.uniform(2, 6), y + rng.uniform(-5, 5)])
        far = np.array([out[0] + side * rng.uniform(1, 8), y + rng.uniform(4, 18)])
        parts.append(polyline(_curve(np.array([x, y]), out, far), 0.07, thickness=4.0))
    return parts


def _central_catheter(chest: Chest, rng: np.random.Generator) -> Tubes:
    """From the neck or under a clavicle into the superior vena cava."""
    top = chest.apex_y_cm
    start = np.array([[-3.5, top - 6.0], [-9.0, top + 3.0], [9.0, top + 3.0]][int(rng.integers(3))])
    tip = np.array([-2.0 + rng.normal(0, 0.3), top + rng.uniform(8, 11)])
    bend = np.array([-2.2, top + 3.5])
    return polyline(_curve(start, bend, tip), 0.09, thickness=3.2)


def _breathing_tube(chest: Chest) -> Tubes:
    """In the windpipe, its tip above the carina; the stripe is dense."""
    top = chest.apex_y_cm
    points = np.array([[0.2, top - 8.0], [0.0, top], [-0.1, top + 4.2]])
    return polyline(points, 0.10, thickness=3.5)


def _feeding_tube(chest: Chest, rng: np.random.Generator) -> Tubes:
    """Down the gullet, through the diaphragm, to the stomach on the left."""
    top, dome = chest.apex_y_cm, chest.dome_y_cm[1]
    down = np.array([[0.5, top - 8.0], [0.6, top + 8.0], [0.9, dome + 1.0]])
    end = np.array([rng.uniform(4, 7), dome + rng.uniform(2, 4)])
    stomach = _curve(down[-1], np.array([1.4, dome + 3.5]), end)
    return polyline(np.concatenate([down, stomach[1:]]), 0.10, thickness=3.0)


def _curve(
    start: NDArray[np.float64], bend: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64]:
    """A quadratic Bézier curve of 24 points."""
    t = np.linspace(0, 1, 24)[:, None]
    return (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end
