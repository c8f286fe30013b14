"""Lungs too small, too large or scarred: atelectasis, fibrosis, emphysema; and the large heart."""

from dataclasses import replace

import numpy as np

from core.phantom.chest import Chest
from core.phantom.findings.site import (
    RIGHT,
    Overlay,
    Site,
    above_dome,
    either_side,
    opacity,
    place,
)
from core.phantom.plane import Field, chord, cloud, ellipse, step

MIN_LARGE_HEART = 0.51
"""Cardiothoracic ratio of the smallest enlarged heart on a PA view in full inspiration."""


_HEART_BELOW_APEX_CM = 8.0


def collapse_base(chest: Chest, severity: float, rng: np.random.Generator) -> Chest:
    """Atelectasis lifts the dome of its side and draws the mediastinum over."""
    side = either_side(rng)
    lift = 0.6 + 1.8 * severity
    right, left = chest.dome_y_cm
    raised = (right - lift, left) if side == RIGHT else (right, left - lift)
    return replace(chest, dome_y_cm=raised, shift_cm=chest.shift_cm + side * 0.5 * severity)


def atelectasis(site: Site, severity: float, rng: np.random.Generator) -> Overlay:
    """Plate-like bands above a raised dome; in the severe, a collapsed wedge at the base."""
    side = either_side(rng)
    water = np.zeros_like(site.air)
    for _ in range(int(rng.integers(1, 4))):
        centre = place(site, side, rng.uniform(0.66, 0.92), rng.uniform(0.30, 0.58))
        radii = (rng.uniform(2.6, 4.6), rng.uniform(0.25, 0.45) + 0.2 * severity)
        band = ellipse(site.where, centre, radii, side * rng.normal(0.1, 0.25))
        water += np.float32(1.7 + 1.5 * severity) * np.exp(-band * band)
    if severity > 0.45:
        water += _wedge(site, side, severity)
    return opacity(site, water * site.on(side) * above_dome(site, 1.2))


def _wedge(site: Site, side: int, severity: float) -> Field:
    """A lower lobe fallen against the spine: a triangle on the medial dome."""
    reach = 3.0 + 4.0 * severity
    dome = np.float32(site.chest.dome_y_cm[0 if side == RIGHT else 1])
    rise = (dome - site.where.y_cm) / np.float32(1.7 * reach)
    across = np.abs(site.tissue.x) / np.float32(reach + 2)
    inside = step(np.float32(1) - rise - across, 0.2) * step(rise + np.float32(0.3), 0.2)
    return inside * site.air * np.float32(0.55)


def shrink(chest: Chest, severity: float, rng: np.random.Generator) -> Chest:
    """Fibrosis stiffens and shrinks both lungs."""
    loss = 0.4 + 1.4 * severity
    right, left = chest.dome_y_cm
    return replace(chest, dome_y_cm=(right - loss, left - loss))


def fibrosis(site: Site, severity: float, rng: np.random.Generator) -> Overlay:
    """A net of fine lines, densest at the bases and along the wall, over faint clouding."""
    ridges = np.abs(cloud(rng, site.where, 1.1, octaves=2))
    net = np.exp(-((ridges / np.float32(0.25)) ** 2))
    peripheral = np.exp(-np.clip(site.tissue.wall_distance, 0, None) / np.float32(3.6))
    basal = step(site.level - 0.5, 0.7)
    uneven = np.clip(1 + 0.4 * cloud(rng, site.where, 4.0, octaves=2), 0.2, 2)
    zone = (0.25 * basal + peripheral * (0.25 + 0.75 * basal)) * uneven * (site.tissue.lung > 0.05)
    water = zone * np.float32(1.5 + 2.0 * severity) * (0.3 + net)
    return Overlay(water, opacity(site, zone).mask)


def overinflate(chest: Chest, severity: float, rng: np.random.Generator) -> Chest:
    """Emphysema lowers and flattens the domes, rarefies lung and vessels, narrows the heart."""
    lower = 0.7 + 1.6 * severity
    right, left = chest.dome_y_cm
    return replace(
        chest,
        dome_y_cm=(right + lower, left + lower),
        dome_rise_cm=chest.dome_rise_cm * (0.70 - 0.40 * severity),
        half_depth_cm=chest.half_depth_cm * (1.03 + 0.06 * severity),
        cardiothoracic_ratio=chest.cardiothoracic_ratio * (0.95 - 0.08 * severity),
        lung_density=chest.lung_density * (0.80 - 0.25 * severity),
        calibre=chest.calibre * (0.88 - 0.22 * severity),
    )


def emphysema(site: Site, severity: float, rng: np.random.Generator) -> Overlay:
    """Both lungs; the severe have bullae: air behind hair-thin walls, mostly at the tops."""
    water = np.zeros_like(site.air)
    for _ in range(int(rng.integers(0, 3 + round(4 * severity)))):
        centre = place(site, either_side(rng), rng.uniform(0.1, 0.5), rng.uniform(0.15, 0.5))
        radius = rng.uniform(0.9, 1.6) + severity
        bulla = ellipse(site.where, centre, (radius, 1.2 * radius))
        empty = np.float32(site.chest.lung_density) * site.tissue.lung
        water -= np.float32(0.5) * empty * chord(bulla)
        water += np.float32(0.18) * np.exp(-(((np.sqrt(bulla) - 1) / np.float32(0.07)) ** 2))
    inside = (site.tissue.lung > 0) * step(site.tissue.lung - 0.5, 0.5)
    return Overlay(water * inside, site.tissue.lung > 1.0)


def enlarge_heart(chest: Chest, severity: float, rng: np.random.Generator) -> Chest:
    """Cardiomegaly: a ratio above one half before the view's own enlargement."""
    projection = chest.cardiothoracic_ratio / chest.build.cardiothoracic_ratio
    ratio = MIN_LARGE_HEART + 0.13 * severity
    return replace(chest, cardiothoracic_ratio=ratio * projection)


def cardiomegaly(site: Site, severity: float, rng: np.random.Generator) -> Overlay:
    """Nothing beyond the enlarged outline: below the great vessels it is the mask."""
    below_vessels = site.where.y_cm > site.chest.apex_y_cm + _HEART_BELOW_APEX_CM
    return Overlay(np.zeros_like(site.air), (site.tissue.heart > 0.8) & below_vessels)
