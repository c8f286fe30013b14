"""Training views: each image rotated, shifted, cropped and exposed a little differently.

Every number is drawn from the run's seed, the epoch, the image's row and the view, so that a view
depends neither on the batch it is made in nor on the number of devices. Chests are not mirrored.

Shapes: B views, S pixels a side.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from core.specs import AugmentSpec

ViewKey = tuple[int, int, int, int]
"""Seed of the run, epoch, row of the image, number of the view."""

_NUM_DRAWS = 8


@dataclass(frozen=True, eq=False)
class Draws:
    """What chance decided for each of B views.

    Args:
        uniform: float64 [B, 8], in −1 … 1.
        noise_seeds: int64 [B].
    """

    uniform: NDArray[np.float64]
    noise_seeds: NDArray[np.int64]

    @classmethod
    def of(cls, keys: Sequence[ViewKey]) -> "Draws":
        """The draws that belong to these views, whatever else is drawn beside them."""
        streams = [np.random.default_rng(key) for key in keys]
        uniform = np.stack([stream.uniform(-1, 1, _NUM_DRAWS) for stream in streams])
        return cls(uniform, np.array([stream.integers(2**62) for stream in streams]))


def augment(pixels: Tensor, spec: AugmentSpec, draws: Draws) -> Tensor:
    """One view of each image.

    Args:
        pixels: uint8 (B, S, S), on any device.
        spec: How far views go.
        draws: Of B views.

    Returns:
        float32 (B, S, S) in 0 … 1, on the same device; black beyond the image's border.
    """
    theta = torch.from_numpy(_affine(spec, draws.uniform)).to(pixels.device)
    grey = pixels.unsqueeze(1).float().div_(255)
    grid = F.affine_grid(theta, list(grey.shape), align_corners=False)
    moved = F.grid_sample(grey, grid, align_corners=False).squeeze(1)
    brightness, contrast = (
        torch.from_numpy(1 + spec.exposure * draws.uniform[:, column, None, None]).to(moved)
        for column in (6, 7)
    )
    mean = moved.mean((1, 2), keepdim=True)
    exposed = (moved - mean).mul_(contrast).add_(mean * brightness)
    if spec.noise:
        exposed.add_(_noise(exposed, draws.noise_seeds), alpha=spec.noise)
    return exposed.clamp_(0, 1)


def _affine(spec: AugmentSpec, uniform: NDArray[np.float64]) -> NDArray[np.float32]:
    """Where each view looks: output to input coordinates in −1 … 1; float32 [B, 2, 3]."""
    angle = np.deg2rad(spec.rotation_degrees) * uniform[:, 0]
    area = 1 - (1 - spec.min_crop_scale) * (uniform[:, 3] + 1) / 2
    side = np.sqrt(area)
    # A crop of this side fits anywhere within ± (1 − side); the shift comes on top of it.
    centre = (1 - side)[:, None] * uniform[:, 4:6] + 2 * spec.shift * uniform[:, 1:3]
    cosine, sine = side * np.cos(angle), side * np.sin(angle)
    rows = np.stack([cosine, -sine, centre[:, 0], sine, cosine, centre[:, 1]], 1)
    return rows.reshape(-1, 2, 3).astype(np.float32)


def _noise(like: Tensor, seeds: NDArray[np.int64]) -> Tensor:
    """Standard normal noise (B, S, S), each image's from its own seed."""
    noise = torch.empty_like(like)
    generator = torch.Generator(like.device)
    for image, seed in zip(noise, seeds.tolist(), strict=True):
        image.normal_(generator=generator.manual_seed(seed))
    return noise
