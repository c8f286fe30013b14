"""From thicknesses to greys: attenuation, scatter, noise, blur, the curve, equalisation."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, uniform_filter1d

from core.phantom.hospitals import HospitalSpec
from core.phantom.plane import Field, Plane, resized

WATER_PER_CM = 0.19
"""Attenuation of water at the effective energy of a 120 kVp beam, in nats per cm."""
MINERAL_PER_CM = 0.55
"""What a cm of bone mineral attenuates more than the tissue it displaces, in nats."""

_SCATTER = 0.30
_SCATTER_REACH_CM = 3.0
_SCATTER_SIDE = 48
_OPEN_BEAM = 0.45
"""Primary beyond this (beside the body) adds no scatter: nothing is there to scatter."""
_SLOW_SIDE, _SLOW_REACH = 64, 8.0
"""Grid, and standard deviation in its cells, of the blur that finds the broad part."""
_DETECTOR_FLOOR = 0.004
_LEVELS = 2048


def attenuation(thickness_cm: Field, per_cm: float) -> Field:
    """Nats that the beam loses in a thickness of something (Beer–Lambert)."""
    return np.float32(per_cm) * thickness_cm


def optical_depth(crossed: Field, where: Plane) -> Field:
    """Log attenuation that the detector sees: the primary beam plus scatter.

    Args:
        crossed: Attenuation along each beam, in nats.
        where: The pixels.

    Returns:
        −log of the signal, in nats; 0 is the open beam.
    """
    primary = np.exp(-crossed)
    small = resized(np.minimum(primary[::4, ::4], np.float32(_OPEN_BEAM)), _SCATTER_SIDE)
    reach = _SCATTER_REACH_CM / where.frame.width_cm * _SCATTER_SIDE
    scatter = resized(gaussian_filter(small, reach), where.side)
    return -np.log(primary + np.float32(_SCATTER) * scatter + np.float32(_DETECTOR_FLOOR))


def detected(depth: Field, hospital: HospitalSpec, where: Plane, rng: np.random.Generator) -> Field:
    """`depth` with quantum noise and the detector's blur, in nats.

    The noise is Poisson's: its share of the signal grows as the signal's root falls, and it falls
    with the size of a pixel.
    """
    reference = WATER_PER_CM * 10
    sigma = hospital.noise * (where.side / 512)
    noise = rng.standard_normal(depth.shape, dtype=np.float32)
    noisy = depth + noise * (np.float32(sigma) * np.exp(np.float32(0.5) * (depth - reference)))
    return gaussian_filter(noisy, hospital.blur_cm / where.pixel_cm, truncate=2.5)


def developed(depth: Field, hospital: HospitalSpec, rng: np.random.Generator) -> Field:
    """Greys in [0, 1], white where little passed, by the hospital's contrast curve.

    Half of the curve's place and slope follows the image itself, as automatic exposure does.
    """
    coarse = depth[::8, ::8]
    inside = coarse[coarse > 0.9]
    low, high = np.percentile(inside, (12, 88)) if len(inside) > 50 else (1.7, 3.0)
    centre = 0.5 * hospital.optical_centre + 0.5 * (low + 0.45 * (high - low))
    centre += hospital.optical_spread * rng.standard_normal()
    width = hospital.optical_width * (0.5 + 0.5 * np.clip((high - low) / 1.2, 0.6, 1.4))
    if hospital.detail > 0:
        depth = depth - np.float32(hospital.detail) * (_slow(depth) - np.float32(centre))
    return 1 / (1 + np.exp((np.float32(centre) - depth) * np.float32(1 / width)))


def _slow(depth: Field) -> Field:
    """The broad part of an image."""
    small = resized(np.maximum(depth[::4, ::4], np.float32(1.0)), _SLOW_SIDE)
    return resized(gaussian_filter(small, _SLOW_REACH), depth.shape[0])


def equalised(grey: Field, share: float) -> Field:
    """`grey` moved by `share` of the way to a flat histogram."""
    if share == 0:
        return grey
    level = (grey * (_LEVELS - 1)).astype(np.int64)
    counts = np.bincount(level.ravel(), minlength=_LEVELS).astype(np.float64)
    flat: NDArray[np.float64] = np.cumsum(counts) / level.size
    curve = uniform_filter1d(flat, 9).astype(np.float32)
    return (1 - np.float32(share)) * grey + np.float32(share) * curve[level]
