"""What a training stage feeds its network: fresh views of images, or kept features of views.

Shapes: V views of each of B images, S pixels a side, D features.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.models.classifier import Classifier
from core.specs import AugmentSpec
from core.training.augment import Draws, augment
from core.training.device import DeviceImages


class Inputs(Protocol):
    """Views of source-train images, ready for the network."""

    def views(self, positions: NDArray[np.int64], epoch: int) -> Tensor:
        """The views of B images, (V·B, …): the first view of each, then the second of each."""
        ...


class ImageViews:
    """Augmented images, made on the device.

    Args:
        images: The data set's pixels.
        rows: int64 [N], the pixels' row of each source-train image.
        augment: How views are made.
        seed: Of the run.
        num_views: V.
        model: Knows how the backbone wants its images.
    """

    def __init__(
        self,
        images: DeviceImages,
        rows: NDArray[np.int64],
        augment: AugmentSpec,
        seed: int,
        num_views: int,
        model: Classifier,
    ) -> None:
        self.images, self.rows, self.augment = images, rows, augment
        self.seed, self.num_views, self.model = seed, num_views, model

    def views(self, positions: NDArray[np.int64], epoch: int) -> Tensor:
        """float32 (V·B, 3, S, S), channels last."""
        rows = self.rows[positions]
        pixels = self.images.batch(rows).repeat(self.num_views, 1, 1)
        keys = [
            (self.seed, epoch, row, view) for view in range(self.num_views) for row in rows.tolist()
        ]
        grey = augment(pixels, self.augment, Draws.of(keys))
        return self.model.standardised(grey).contiguous(memory_format=torch.channels_last)


class KeptViews:
    """Two of the views whose features were kept, another pair in every epoch.

    Args:
        features: Of each view that was kept, float32 [M, D].
        rows: int64 [N], the features' row of each source-train image.
        seed: Of the run.
        device: Where they are wanted.
    """

    def __init__(
        self,
        features: Sequence[NDArray[np.float32]],
        rows: NDArray[np.int64],
        seed: int,
        device: torch.device,
    ) -> None:
        self.features, self.rows, self.seed, self.device = features, rows, seed, device

    def views(self, positions: NDArray[np.int64], epoch: int) -> Tensor:
        """float32 (2·B, D)."""
        rows = self.rows[positions]
        first, second = self._pairs(rows, epoch)
        chosen = np.empty((2 * len(rows), self.features[0].shape[1]), np.float32)
        for number, kept in enumerate(self.features):
            for half, view in ((0, first), (len(rows), second)):
                taken = np.flatnonzero(view == number)
                chosen[half + taken] = kept[rows[taken]]
        return torch.from_numpy(chosen).to(self.device)

    def _pairs(
        self, rows: NDArray[np.int64], epoch: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Two different views for each image, by the seed, the epoch and the image's row."""
        num_views = len(self.features)
        draws = np.random.default_rng((self.seed, epoch)).integers(
            num_views * (num_views - 1), size=int(self.rows.max()) + 1
        )[rows]
        first, gap = np.divmod(draws, num_views - 1)
        return first, (first + 1 + gap) % num_views
