"""Focal loss: cross-entropy that fades where the label is already predicted well."""

from torch import Tensor
from torchvision.ops import sigmoid_focal_loss

PRESENT_SHARE = 0.25
"""Weight of a present label (the paper's alpha); an absent one weighs the rest of 1."""

FADING = 2.0
"""Exponent by which well-predicted labels fade (the paper's gamma)."""


def focal(logits: Tensor, labels: Tensor) -> Tensor:
    """−w·(1 − q)^2·log q of each label, q the probability of what the label says.

    Args:
        logits: float, any shape.
        labels: float, 0 or 1, same shape.

    Returns:
        float, same shape.

    Source:
        Lin et al., ICCV 2017, eq. 5.
    """
    return sigmoid_focal_loss(logits, labels, PRESENT_SHARE, FADING, reduction="none")
