"""What a present label weighs against an absent one."""

import torch
from torch import Tensor


def equal(num_positive: Tensor, num_negative: Tensor) -> Tensor:
    """1 for every finding: float (…, F) from counts (…, F)."""
    return torch.ones_like(num_positive)


def inverse_odds(num_positive: Tensor, num_negative: Tensor) -> Tensor:
    """Absent labels per present one, so that both classes weigh the same in each finding.

    Args:
        num_positive: float (…, F), present labels in source train.
        num_negative: float (…, F), absent labels in source train.

    Returns:
        float (…, F); of no effect where no label is present.

    Source:
        Rajpurkar et al., CheXNet, 2017, eq. 1: the ratio w₊/w₋ = |N|/|P| of its two weights,
        which is what PyTorch calls `pos_weight`.
    """
    return num_negative / num_positive.clamp(min=1)
