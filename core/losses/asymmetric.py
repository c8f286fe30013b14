"""Asymmetric loss: absent labels fade where they are predicted well, easy ones altogether."""

import torch
import torch.nn.functional as F
from torch import Tensor

FADING = 4.0
"""Exponent by which well-predicted absent labels fade; present ones do not (0)."""

MARGIN = 0.05
"""An absent label predicted with a probability below this costs nothing."""


def asymmetric(logits: Tensor, labels: Tensor) -> Tensor:
    """−log p where present, −q^4·log(1 − q) with q = max(p − 0.05, 0) where absent.

    Args:
        logits: float, any shape.
        labels: float, 0 or 1, same shape.

    Returns:
        float, same shape.

    Source:
        Ridnik et al., ICCV 2021: asymmetric focusing (exponents 0 and 4) with probability
        shifting (0.05). The gradient goes through the fading factor too.
    """
    shifted = (torch.sigmoid(logits) - MARGIN).clamp(min=0)
    absent = -torch.log1p(-shifted) * shifted**FADING
    return torch.where(labels == 1, -F.logsigmoid(logits), absent)
