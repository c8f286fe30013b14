"""A backbone with a linear head: one logit per finding.

Shapes: B images, S pixels a side, D features, F = 14 findings.
"""

import torch
from timm.data.config import resolve_data_config
from torch import Tensor, nn

from core.findings import NUM_FINDINGS


class Classifier(nn.Module):
    """Grey images to logits.

    Args:
        backbone: A timm model without classifier.
        head: `nn.Linear` from the pooled features, or None for features alone.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, backbone: nn.Module, head: nn.Linear | None = None) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head or nn.Linear(num_features(backbone), NUM_FINDINGS)
        config = resolve_data_config({}, model=backbone)
        for name in ("mean", "std"):
            self.register_buffer(name, torch.tensor(config[name]).view(1, 3, 1, 1))

    def normalised(self, pixels: Tensor) -> Tensor:
        """uint8 (B, S, S) → float32 (B, 3, S, S) as the backbone's weights expect it."""
        grey = pixels.unsqueeze(1).float().div(255)
        return (grey - self.mean) / self.std

    def features(self, pixels: Tensor) -> Tensor:
        """uint8 (B, S, S) → pooled features (B, D)."""
        dtype = next(self.backbone.parameters()).dtype
        return self.backbone(self.normalised(pixels).to(dtype))

    def forward(self, pixels: Tensor) -> Tensor:
        """uint8 (B, S, S) → logits (B, F)."""
        return self.head(self.features(pixels).float())


def num_features(backbone: nn.Module) -> int:
    """D, the length of the pooled features."""
    length = backbone.num_features
    assert isinstance(length, int)
    return length
