"""The literal table of losses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

from core.losses.bce import bce


@dataclass(frozen=True)
class LossSpec:
    """One loss.

    Args:
        title: For people.
        head_loss: Logits (H, B, F), labels (B, F) and scored (B, F) to one mean per head (H,).
        citation: Where it is defined.
    """

    title: str
    head_loss: Callable[[Tensor, Tensor, Tensor], Tensor]
    citation: str


LOSSES: Mapping[str, LossSpec] = {
    "bce": LossSpec(
        title="Binary cross-entropy",
        head_loss=bce,
        citation="Bishop, Pattern Recognition and Machine Learning, 2006, eq. 4.90",
    ),
}
