"""The pleural space: fluid, air, scars."""

import numpy as np

from core.phantom.findings.site import RIGHT, Overlay, Site, either_side, opacity
from core.phantom.plane import Field, cloud, step


def effusion(site: Site, severity: float, rng: np.random.Generator) -> Overlay:
    """Fluid that blunts the costophrenic angle and climbs the lateral wall in a meniscus.

    In the recumbent (AP) it layers behind the lung, as a veil that thins upwards.
    """
    first = either_side(rng)
    sides = (first, -first) if rng.random() < 0.35 else (first,)
    lying = site.chest.position.view == "AP"
    share, softness = (0.75, 4.0) if lying else (1.0, 0.9)
    water = np.zeros_like(site.air)
    for side in sides:
        angle_y = site.chest.dome_y_cm[0 if side == RIGHT else 1] + 0.8 * site.chest.dome_rise_cm
        amount = severity * (1.0 if side == first else rng.uniform(0.4, 1.0))
        surface = angle_y - 1.6 - 7.5 * amount**1.3
        climb = np.float32(1.6 + 1.6 * amount) * np.exp(
            -np.clip(site.tissue.wall_distance, 0, None) / np.float32(1.6)
        )
        under = step(site.where.y_cm - np.float32(surface) + climb, softness)
        water += under * site.on(side) * np.float32(share) * (site.air + np.float32(0.4))
    water = water * (site.tissue.lung > 0.05)
    overlay = opacity(site, water, 0.25)
    return Overlay(water, overlay.mask, 1 - np.clip(water / (site.air + 0.1), 0, 1))


def pneumothorax(site: Site, severity: float, rng: np.random.Generator) -> Overlay:
    """Air around a partly collapsed lung: a lucent rim without vessels beyond a thin white line."""
    side = either_side(rng)
    depth = 1.4 + 3.6 * severity
    wave = 1 + 0.08 * cloud(rng, site.where, 6.0, octaves=1)
    rim = np.float32(depth) * (1.15 - 0.75 * np.clip(site.level, 0, 1)) * wave
    lateral = site.tissue.wall_distance - rim
    apical = site.where.y_cm - np.float32(site.chest.apex_y_cm + 1.15 * depth)
    inside = np.minimum(lateral, apical)
    collapsed = step(inside, 0.25)
    lung = site.tissue.lung * site.on(side)
    lost = -np.float32(site.chest.lung_density) * lung * (1 - collapsed)
    crowded = np.float32(0.012 * depth) * lung * collapsed
    line = np.float32(0.45) * np.exp(-((inside / np.float32(0.10)) ** 2)) * (lung > 0.3)
    mask = (lung > 0.4) & (inside < 0.2)
    return Overlay(lost + crowded + line, mask, 1 - (1 - collapsed) * site.on(side))


def pleural_thickening(site: Site, severity: float, rng: np.random.Generator) -> Overlay:
    """A band of scar along the chest wall: an apical cap, or a strip at the side."""
    first = either_side(rng)
    sides = (first, -first) if rng.random() < 0.4 else (first,)
    apical = rng.random() < 0.45
    water = np.zeros_like(site.air)
    for side in sides:
        width = (1.15 + 1.65 * severity) * np.clip(
            1 + 0.35 * cloud(rng, site.where, 2.5, octaves=2), 0.25, 2.0
        )
        water += (
            _cap(site, np.float32(0.7) * width) * site.on(side)
            if apical
            else _strip(site, width, side)
        )
    return opacity(site, water * np.float32(5.5 + 4.5 * severity), 0.25)


def _cap(site: Site, width: Field) -> Field:
    """Over the top of a lung, its lower edge irregular."""
    depth = site.where.y_cm - np.float32(site.chest.apex_y_cm)
    nearest = np.minimum(depth / np.float32(1.5), site.tissue.wall_distance)
    return step(width - nearest, 0.35) * step(6.0 - depth, 2.5) * (site.tissue.lung > 0.05)


def _strip(site: Site, width: Field, side: int) -> Field:
    """Along the lateral wall of the middle and lower lung, down into the angle."""
    band = step(width - site.tissue.wall_distance, 0.35) * step(site.tissue.wall_distance, 0.3)
    zone = step(site.level - 0.32, 0.2) * step(1.15 - site.level, 0.2)
    return band * zone * site.on(side)
