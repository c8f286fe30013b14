"""Roundish shadows: nodule, mass, hernia."""

import numpy as np

from core.phantom.findings.site import Overlay, Site, either_side, opacity, place
from core.phantom.plane import Field, chord, cloud, ellipse, step

MAX_NODULE_CM = 3.0
"""A round shadow of up to 3 cm is a nodule, a larger one a mass (Fleischner glossary, 2008)."""


def nodule(site: Site, severity: float, rng: np.random.Generator) -> Overlay:
    """One to four round shadows under 3 cm; some are calcified."""
    water = np.zeros_like(site.air)
    largest = 2.2 + 0.75 * severity
    for _ in range(int(rng.choice((1, 2, 3, 4), p=(0.35, 0.3, 0.2, 0.15)))):
        diameter = largest * rng.uniform(0.8, 1.0)
        density = 2.8 if rng.random() < 0.35 else 2.0
        water += _round(site, diameter, density, 0.10, rng)
    return opacity(site, water)


def mass(site: Site, severity: float, rng: np.random.Generator) -> Overlay:
    """A lobulated shadow of more than 3 cm."""
    diameter = MAX_NODULE_CM + 1.1 + 3.2 * severity
    return opacity(site, _round(site, diameter, 1.0 + 0.15 * severity, 0.20, rng))


def hernia(site: Site, severity: float, rng: np.random.Generator) -> Overlay:
    """A round shadow behind the heart above the diaphragm, often with air over a fluid level."""
    radius = 2.6 + 2.0 * severity
    x = rng.uniform(0.4, 2.4) + site.chest.shift_cm
    y = float(np.mean(site.chest.dome_y_cm)) - 0.55 * radius
    with_level = rng.random() < 0.75
    sac = ellipse(site.where, (x, y), (1.15 * radius, radius))
    wall = np.float32(1.1 * radius) * chord(sac)
    if not with_level:
        return Overlay(wall, sac < 1)
    surface = np.float32(y - radius * rng.uniform(-0.1, 0.3))
    inner = chord(ellipse(site.where, (x, y), (1.0 * radius, 0.86 * radius)))
    gas = np.float32(1.9 * radius) * inner * step(surface - site.where.y_cm, 0.2)
    return Overlay(wall - gas, sac < 1)


def _round(
    site: Site, diameter: float, density: float, roughness: float, rng: np.random.Generator
) -> Field:
    """An ellipsoid somewhere in the lungs, its outline a little irregular."""
    side = either_side(rng)
    centre = place(site, side, rng.uniform(0.18, 0.82), rng.uniform(0.22, 0.58))
    radii = (0.5 * diameter * rng.uniform(0.9, 1.0), 0.5 * diameter)
    distance = ellipse(site.where, centre, radii, rng.uniform(0, np.pi))
    distance = distance + np.float32(roughness) * cloud(rng, site.where, 0.6 * diameter, octaves=2)
    return np.float32(density * diameter) * chord(distance)
