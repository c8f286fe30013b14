"""What a loss is: the cost of each label, and what a present label weighs.

Shapes: H heads, B images, F findings.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

_CONSTANTS = torch.linspace(-12, 12, 2401, dtype=torch.float64)
"""Logits that are tried as the one answer to every image."""


@dataclass(frozen=True)
class LossSpec:
    """One loss.

    Args:
        title: For people.
        label_loss: Logits and 0/1 labels, both (…, F), to the cost of each label (…, F); for a
            representation loss, that of the linear stage which follows it.
        positive_weight: Counts of present and absent labels in source train, both (…, F), to
            what a present label weighs, an absent one weighing 1.
        calibrated: Whether its sigmoid estimates a probability; where not, that is by design.
        representation: Whether a stage before the linear one trains the features with the
            supervised contrastive loss.
        citation: Where it is defined.
    """

    title: str
    label_loss: Callable[[Tensor, Tensor], Tensor]
    positive_weight: Callable[[Tensor, Tensor], Tensor]
    calibrated: bool
    representation: bool
    citation: str

    def head_loss(
        self, logits: Tensor, labels: Tensor, scored: Tensor, positive_weight: Tensor
    ) -> Tensor:
        """Mean over the labels that are scored, computed in float32 at least.

        Args:
            logits: float (H, B, F), one slice per head.
            labels: float (B, F), or (H, B, F) where heads differ: 0 or 1; any finite value
                where not scored.
            scored: bool or float (B, F) or (H, B, F): how often each label counts.
            positive_weight: float (F,) or (H, 1, F), from `positive_weight` of source train.

        Returns:
            float (H,): one mean per head; 0 where nothing is scored.
        """
        logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
        labels, scored = labels.to(logits.dtype), scored.to(logits.dtype)
        weights = torch.where(labels == 1, positive_weight, 1) * scored
        costs = self.label_loss(logits, labels.expand_as(logits)) * weights
        num_scored = scored.sum((-2, -1))
        return costs.sum((1, 2)) / num_scored.clamp(min=1)

    def best_constant(self, num_positive: Tensor, num_negative: Tensor) -> Tensor:
        """The logit with the lowest loss where every image gets the same; to within 0.01.

        Args:
            num_positive: float (…, F), present labels; above 0.
            num_negative: float (…, F), absent labels; above 0.

        Returns:
            float64 (…, F). For binary cross-entropy, the log-odds of the prevalence.
        """
        present = self.label_loss(_CONSTANTS, torch.ones_like(_CONSTANTS))
        absent = self.label_loss(_CONSTANTS, torch.zeros_like(_CONSTANTS))
        weight = num_positive * self.positive_weight(num_positive, num_negative)
        cost = weight.double().cpu()[..., None] * present
        cost += num_negative.double().cpu()[..., None] * absent
        return _CONSTANTS[cost.argmin(-1)]
