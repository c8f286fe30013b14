"""The linear head: what a trained run keeps.

Shapes: N images, D features, F = 14 findings.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.findings import FINDINGS, Finding

CHUNK_ROWS = 1024
"""Rows of features that are held in float64 at a time."""


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
        """The mean and standard deviation of float features [N, D].

        A spread below the resolution of float32 is none: dividing by it would turn rounding
        into a feature.

        Raises:
            DataError: If a feature is not finite.
        """
        if not all(np.isfinite(features[rows]).all() for rows in _chunks(features)):
            raise DataError(
                "features: some are not finite; the images or the backbone's weights are damaged."
            )
        sums = [features[rows].sum(0, dtype=np.float64) for rows in _chunks(features)]
        mean = np.sum(sums, axis=0) / len(features)
        squares = [((features[rows] - mean) ** 2).sum(0) for rows in _chunks(features)]
        scale = np.sqrt(np.sum(squares, axis=0) / len(features))
        varies = scale > np.finfo(np.float32).eps * np.abs(mean)
        return cls(mean, np.where(varies, scale, 1.0))

    def apply(self, features: NDArray[np.floating]) -> NDArray[np.float32]:
        """Features [N, D] with mean 0 and standard deviation 1 over source train."""
        standardised = np.empty(features.shape, np.float32)
        for rows in _chunks(features):
            standardised[rows] = (features[rows] - self.mean) / self.scale
        return standardised

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

    def unfold(self, head: Head) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weight [F, D] and bias [F] on standardised features that equal `head` on raw ones."""
        weight = head.weight.astype(np.float64)
        return weight * self.scale, head.bias + weight @ self.mean


def _chunks(features: NDArray[np.floating]) -> Iterator[slice]:
    return (slice(start, start + CHUNK_ROWS) for start in range(0, len(features), CHUNK_ROWS))
