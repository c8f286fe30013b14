"""Small changes of an image that should not change where a model looks.

Shapes: B images, S pixels a side.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHIFT = 0.02
NOISE = 0.02
EXPOSURE = 1.1

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Perturbation:
    """One row of `PERTURBATIONS`.

    Args:
        title: For people.
        apply: uint8 [B, S, S] and one seed an image to uint8 [B, S, S].
    """

    title: str
    apply: Callable[[Pixels, NDArray[np.int64]], Pixels]


def shifted(pixels: Pixels, seeds: NDArray[np.int64]) -> Pixels:
    """Moved right and down by 2 % of the side; the edge is repeated."""
    step = max(1, round(SHIFT * pixels.shape[1]))
    padded = np.pad(pixels, ((0, 0), (step, 0), (step, 0)), mode="edge")
    return padded[:, : pixels.shape[1], : pixels.shape[2]]


def noisy(pixels: Pixels, seeds: NDArray[np.int64]) -> Pixels:
    """Gaussian noise of 2 % of white, drawn by each image's own seed."""
    noise = [np.random.default_rng(seed).normal(0, 255 * NOISE, pixels.shape[1:]) for seed in seeds]
    return _grey(pixels + np.stack(noise))


def exposed(pixels: Pixels, seeds: NDArray[np.int64]) -> Pixels:
    """All values 10 % higher, white at most."""
    return _grey(pixels * EXPOSURE)


PERTURBATIONS: Mapping[str, Perturbation] = {
    "shift": Perturbation("Shifted by 2 %", shifted),
    "noise": Perturbation("Noise of 2 %", noisy),
    "exposure": Perturbation("Exposure + 10 %", exposed),
}


def _grey(values: NDArray[np.floating]) -> Pixels:
    return np.clip(np.round(values), 0, 255).astype(np.uint8)
