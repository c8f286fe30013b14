"""Binary cross-entropy: one Bernoulli per finding."""

import torch.nn.functional as F
from torch import Tensor


def bce(logits: Tensor, labels: Tensor) -> Tensor:
    """Negative log-likelihood −[y·log σ(z) + (1 − y)·log(1 − σ(z))] of each label.

    Args:
        logits: float, any shape.
        labels: float, 0 or 1, same shape.

    Returns:
        float, same shape.

    Source:
        Bishop, Pattern Recognition and Machine Learning, 2006, eq. 4.90.
    """
    return F.binary_cross_entropy_with_logits(logits, labels, reduction="none")
