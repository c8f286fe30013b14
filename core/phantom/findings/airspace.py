"""Air spaces that fill: consolidation, pneumonia, infiltration, oedema."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.phantom.findings.site import (
    LEFT,
    RIGHT,
    Overlay,
    Site,
    above_dome,
    either_side,
    opacity,
    place,
)
from core.phantom.plane import Field, cloud, ellipse, step
from core.phantom.tubes import deposit, joined, polyline

_LOBES: Mapping[str, tuple[int, float, float, float, float]] = {
    "right upper": (RIGHT, 0.24, 0.45, 4.2, 4.0),
    "right middle": (RIGHT, 0.72, 0.62, 3.6, 2.9),
    "right lower": (RIGHT, 0.86, 0.45, 4.4, 3.6),
    "left upper": (LEFT, 0.30, 0.45, 4.0, 4.6),
    "lingula": (LEFT, 0.72, 0.42, 3.2, 3.0),
    "left lower": (LEFT, 0.88, 0.55, 4.2, 3.6),
}
"""Side, level, share of the way inwards, and half axes in cm of where a lobe fills."""


def consolidation(site: Site, severity: float, rng: np.random.Generator) -> Overlay:
    """Confluent white-out of most of a lobe, sharp at the fissure, with air bronchograms."""
    lobe = list(_LOBES)[int(rng.integers(len(_LOBES)))]
    region, centre = _lobar(site, lobe, 0.92 + 0.40 * severity, 0.25, rng)
    if "upper" in lobe:
        fissure_y = centre[1] + 2.6 + 0.12 * (site.where.x_cm - centre[0])
        region = region * step(fissure_y.astype(np.float32) - site.where.y_cm, 0.5)
    uneven = np.clip(1 + 0.22 * cloud(rng, site.where, 1.6), 0.3, 1.4)
    water = region * uneven * site.air * np.float32(0.44 + 0.42 * severity)
    overlay = opacity(site, water)
    bronchi = _bronchogram(site, _LOBES[lobe][0], centre, region, rng)
    return Overlay(water + bronchi, overlay.mask, 1 - np.float32(0.8) * region)


def pneumonia(site: Site, severity: float, rng: np.random.Generator) -> Overlay:
    """A patchy, ill-defined focus in one lobe, more often a lower one."""
    lobe = str(rng.choice(list(_LOBES), p=(0.12, 0.2, 0.26, 0.1, 0.1, 0.22)))
    region, _ = _lobar(site, lobe, 0.70 + 0.28 * severity, 0.5, rng)
    patches = np.clip(0.55 + 0.75 * cloud(rng, site.where, 2.2, octaves=4), 0, 1.6)
    return opacity(site, region * patches * site.air * np.float32(0.26 + 0.32 * severity))


def infiltration(site: Site, severity: float, rng: np.random.Generator) -> Overlay:
    """Faint, ill-defined, streaky shadowing of one or two zones."""
    first = either_side(rng)
    sides = (first, -first) if rng.random() < 0.55 else (first,)
    water = np.zeros_like(site.air)
    for side in sides:
        centre = place(site, side, rng.uniform(0.5, 0.85), rng.uniform(0.35, 0.62))
        radii = (rng.uniform(3.0, 4.4), rng.uniform(3.4, 5.2))
        zone = np.exp(-ellipse(site.where, centre, radii))
        streaks = np.clip(0.6 + 0.6 * cloud(rng, site.where, 1.4, octaves=4), 0, 2)
        water += zone * streaks * np.float32(0.10 + 0.16 * severity) * site.air * site.on(side)
    return opacity(site, water)


def edema(site: Site, severity: float, rng: np.random.Generator) -> Overlay:
    """Bilateral perihilar clouding that spares the rim, with septal lines at the bases."""
    chest = site.chest
    top = chest.apex_y_cm
    wings = np.zeros_like(site.air)
    for side in (RIGHT, LEFT):
        centre = (side * 0.37 * chest.half_width_cm, top + 11.0)
        wings += np.exp(-ellipse(site.where, centre, (5.0, 6.6)))
    rim = step(site.tissue.wall_distance - 1.4, 2.6)
    haze = np.clip(0.8 + 0.35 * cloud(rng, site.where, 2.5, octaves=4), 0, 2)
    water = wings * haze * (0.25 + 0.75 * rim) * site.air * np.float32(0.15 + 0.30 * severity)
    overlay = opacity(site, water)
    return Overlay(water + _septal_lines(site, severity, rng), overlay.mask)


def _lobar(
    site: Site, lobe: str, scale: float, roughness: float, rng: np.random.Generator
) -> tuple[Field, tuple[float, float]]:
    """A region with a soft, irregular outline in a lobe, and its centre."""
    side, level, inwards, width, height = _LOBES[lobe]
    centre = place(site, side, level + rng.normal(0, 0.04), inwards + rng.normal(0, 0.05))
    distance = ellipse(site.where, centre, (scale * width, scale * height), rng.normal(0, 0.3))
    distance = distance + np.float32(roughness) * cloud(rng, site.where, 3.0, octaves=4)
    return step(1 - distance, 1.0 + roughness) * site.on(side), centre


def _bronchogram(
    site: Site,
    side: int,
    centre: tuple[float, float],
    region: Field,
    rng: np.random.Generator,
) -> Field:
    """Air in branching bronchi, dark against the filled lung around them."""
    root = np.array([side * 3.2 + site.chest.shift_cm, site.chest.apex_y_cm + 9.5])
    branches = [
        polyline(_spread(root, np.array(centre), rng), np.linspace(0.24, 0.13, 11), thickness=-1.6)
        for _ in range(5)
    ]
    return deposit(joined(branches), site.where, np.clip(region, 0, 1))


def _spread(
    root: NDArray[np.float64], centre: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """A bent path from the root of the lung past somewhere near `centre`."""
    t = np.linspace(0, 1.25, 12)[:, None]
    aim = centre + rng.normal(0, 1.8, 2)
    bend = rng.normal(0, 0.7, 2) * np.sin(np.pi * np.clip(t, 0, 1))
    return root + (aim - root) * t + bend


def _septal_lines(site: Site, severity: float, rng: np.random.Generator) -> Field:
    """Short horizontal lines at the lateral bases (Kerley's B lines)."""
    lines = []
    for _ in range(int(4 + 10 * severity)):
        side = either_side(rng)
        x, y = place(site, side, rng.uniform(0.72, 1.02), 0.03)
        length = rng.uniform(1.0, 1.8)
        lines.append(polyline(np.array([[x, y], [x - side * length, y + 0.1]]), 0.07, thickness=4))
    return deposit(joined(lines), site.where, above_dome(site))
