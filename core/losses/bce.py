"""Binary cross-entropy: one Bernoulli per finding."""

import torch.nn.functional as F
from torch import Tensor


def bce(logits: Tensor, labels: Tensor, scored: Tensor) -> Tensor:
    """Mean negative log-likelihood over the labels that are scored.

    −[y·log σ(z) + (1 − y)·log(1 − σ(z))], averaged over images and findings.

    Args:
        logits: float (H, B, F), one slice per head.
        labels: float (B, F), 0 or 1; any value where not scored.
        scored: bool (B, F).

    Returns:
        float (H,): one mean per head; 0 where nothing is scored.
    """
    targets = labels.expand_as(logits)
    loss = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    return (loss * scored).sum((1, 2)) / scored.sum().clamp(min=1)
