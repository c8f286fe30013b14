"""How source validation judges many heads at once.

Shapes: H heads, N images, D features, F = 14 findings.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.findings import NUM_FINDINGS
from core.roles import NOT_SCORED, SourceVal
from core.training.head import Standardisation
from core.training.probe_ranking import Ranking, rank_heads
from core.training.probe_sample import with_both_classes


@dataclass(frozen=True, eq=False)
class Validation:
    """Source validation, its features on the device.

    Args:
        features: float32 (N, D), standardised by source train.
        labels: int8 [N, F]: 1, 0 or `NOT_SCORED`.
        judged: bool [F], the findings with both classes.
    """

    features: Tensor
    labels: NDArray[np.int8]
    judged: NDArray[np.bool_]

    @classmethod
    def of(
        cls, val: SourceVal, standardisation: Standardisation, device: torch.device
    ) -> "Validation":
        """The examples on `device`."""
        features = torch.from_numpy(standardisation.apply(val.values)).to(device)
        return cls(features, val.labels, with_both_classes(val))

    def rank(self, logits: Tensor) -> Ranking:
        """Average precision and AUROC of each head and finding.

        Args:
            logits: float32 (H, N, F).

        Returns:
            float64 [H, F] each, NaN where validation lacks a class.

        Raises:
            DataError: If a logit is not finite.
        """
        scores = np.ascontiguousarray(logits.permute(2, 0, 1).cpu().numpy())
        ranking = Ranking(*np.full((2, scores.shape[1], NUM_FINDINGS), np.nan))
        for column in np.flatnonzero(self.judged):
            labels = self.labels[:, column]
            scored = labels != NOT_SCORED
            of_finding = rank_heads(scores[column][:, scored], labels[scored])
            ranking.average_precision[:, column] = of_finding.average_precision
            ranking.auroc[:, column] = of_finding.auroc
        return ranking
