"""Maps by pytorch-grad-cam: slower, for every method and architecture that it knows.

Shapes: B images, F findings, C channels, H × W the native grid of the target layer.
"""

from collections.abc import Callable, Sequence
from contextlib import redirect_stderr
from io import StringIO
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pytorch_grad_cam.base_cam import BaseCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import Tensor, nn

from core.models.classifier import Classifier
from core.saliency.activations import Explained, as_grid

Explain = Callable[[Classifier, nn.Module, Tensor, Sequence[int]], Explained]
"""Model, target layer, uint8 (B, S, S) and columns of the logits to maps."""


class _FromImages(nn.Module):
    """The classifier from normalised images on, which the library can differentiate."""

    def __init__(self, model: Classifier) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        dtype = next(self.model.backbone.parameters()).dtype
        features = self.model.backbone(images.to(dtype)).float()
        adapter = self.model.adapter
        return self.model.head(features if adapter is None else adapter(features))


def through_library(
    method: Callable[..., BaseCAM], per_finding: bool = True, one_image: bool = False
) -> Explain:
    """A method of pytorch-grad-cam, before its ReLU, upsampling and normalisation.

    Args:
        method: A class of pytorch-grad-cam.
        per_finding: Whether the map depends on the finding; if not, all findings share one.
        one_image: Whether it must see one image at a time, for its memory.
    """

    def explain(
        model: Classifier, target_layer: nn.Module, pixels: Tensor, columns: Sequence[int]
    ) -> Explained:
        library = method(_FromImages(model), [target_layer], reshape_transform=_float_grid)
        try:
            step = 1 if one_image else len(pixels)
            parts = [
                _explained(library, model.normalised(part), columns, per_finding)
                for part in pixels.split(step)
            ]
        finally:
            library.activations_and_grads.release()
        maps, logits = zip(*parts, strict=True)
        return Explained(torch.cat(maps), torch.cat(logits))

    return explain


def _float_grid(activation: Tensor) -> Tensor:
    return as_grid(activation).float()


def _explained(
    library: BaseCAM, images: Tensor, columns: Sequence[int], per_finding: bool
) -> Explained:
    # Without an input that requires a gradient, a frozen backbone has none to give.
    images = images.requires_grad_()
    wanted = columns if per_finding else columns[:1]
    maps = torch.from_numpy(np.stack([_signed(library, images, k) for k in wanted], axis=1))
    logits = library.outputs.detach().float().cpu()[:, list(columns)]
    return Explained(maps.float().expand(-1, len(columns), -1, -1), logits)


def _signed(library: BaseCAM, images: Tensor, column: int) -> NDArray[np.floating]:
    """The library's map of one logit [B, H, W], as it is before the library draws it."""
    kept: list[NDArray[np.floating]] = []
    compute = library.get_cam_image

    def keep(*arguments: *tuple[Any, ...]) -> NDArray[np.floating]:
        kept.append(compute(*arguments))
        return kept[0]

    library.get_cam_image = keep  # pyright: ignore[reportAttributeAccessIssue]
    try:
        # One target for each image: a single one would explain the first image alone.
        targets: list[Any] = [ClassifierOutputTarget(column)] * len(images)
        with redirect_stderr(StringIO()):  # ScoreCAM draws a bar for every image
            library(images, targets)
    finally:
        library.get_cam_image = compute
    return kept[0]
