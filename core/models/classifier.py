"""A backbone, an adapter where there is one, and a linear head: one logit per finding.

Shapes: B images, S pixels a side, D features, F = 14 findings.
"""

import torch
from timm.data.config import resolve_data_config
from torch import Tensor, nn

from core.findings import NUM_FINDINGS
from core.models.adapter import Adapter


class Classifier(nn.Module):
    """Grey images to logits.

    Args:
        backbone: A timm model without classifier.
        head: `nn.Linear` from the pooled features, or None for features alone.
        adapter: Stands between features and head; None where the head takes the features.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        backbone: nn.Module,
        head: nn.Linear | None = None,
        adapter: Adapter | None = None,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.adapter = adapter
        self.head = head or nn.Linear(num_features(backbone), NUM_FINDINGS)
        config = resolve_data_config({}, model=backbone)
        for name in ("mean", "std"):
            self.register_buffer(name, torch.tensor(config[name]).view(1, 3, 1, 1))

    def normalised(self, pixels: Tensor) -> Tensor:
        """uint8 (B, S, S) → float32 (B, 3, S, S) as the backbone's weights expect it."""
        return self.standardised(pixels.float().div_(255))

    def standardised(self, grey: Tensor) -> Tensor:
        """Float (B, S, S) in 0 … 1 → float32 (B, 3, S, S) as the backbone's weights expect it."""
        return (grey.unsqueeze(1) - self.mean) / self.std

    def features(self, pixels: Tensor) -> Tensor:
        """uint8 (B, S, S) → pooled features (B, D)."""
        return self.pooled(self.normalised(pixels))

    def pooled(self, images: Tensor) -> Tensor:
        """Float (B, 3, S, S), normalised → pooled features (B, D) in the backbone's precision."""
        dtype = next(self.backbone.parameters()).dtype
        return self.backbone(images.to(dtype))

    def forward(self, pixels: Tensor) -> Tensor:
        """uint8 (B, S, S) → logits (B, F)."""
        features = self.features(pixels).float()
        return self.head(features if self.adapter is None else self.adapter(features))


def num_features(backbone: nn.Module) -> int:
    """D, the length of the pooled features."""
    length = backbone.num_features
    assert isinstance(length, int)
    return length
