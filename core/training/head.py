"""The linear head: what a trained run keeps.

Shapes: N images, D features, F = 14 findings.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.findings import FINDINGS, Finding


@dataclass(frozen=True, eq=False)
class Head:
    """A linear head that takes features as the backbone gives them.

    Args:
        weight: float32 [F, D]; the standardisation of source train is folded in.
        bias: float32 [F].
        findings: Those that had both classes in source train; the others are not predicted.
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    findings: tuple[Finding, ...]

    def probabilities(self, features: NDArray[np.floating]) -> NDArray[np.float32]:
        """Sigmoid of the logits, float32 [N, F]; NaN for findings that were not trained."""
        logits = features.astype(np.float32) @ self.weight.T + self.bias
        scores = (0.5 * (1 + np.tanh(logits / 2))).astype(np.float32)  # the sigmoid, no overflow
        scores[:, [finding not in self.findings for finding in FINDINGS]] = np.nan
        return scores


@dataclass(frozen=True, eq=False)
class Standardisation:
    """The mean and spread of each feature over source train.

    Args:
        mean: float64 [D].
        scale: float64 [D]; 1 where a feature is constant.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def of(cls, features: NDArray[np.floating]) -> "Standardisation":
        """The mean and standard deviation of float features [N, D]."""
        values = features.astype(np.float64)
        scale = values.std(0)
        return cls(values.mean(0), np.where(scale > 0, scale, 1.0))

    def apply(self, features: NDArray[np.floating]) -> NDArray[np.float32]:
        """Features [N, D] with mean 0 and standard deviation 1 over source train."""
        return ((features - self.mean) / self.scale).astype(np.float32)

    def fold(
        self,
        weight: NDArray[np.float64],
        bias: NDArray[np.float64],
        findings: tuple[Finding, ...],
    ) -> Head:
        """The head on raw features that equals `weight`, `bias` on standardised ones."""
        folded = weight / self.scale
        shifted = bias - folded @ self.mean
        return Head(folded.astype(np.float32), shifted.astype(np.float32), findings)
