"""Mean average precision and mean AUROC of many heads at once, by one sort of each column.

Shapes: H heads, N images, F = 14 findings, G groups of equal scores that hold a positive.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError


@dataclass(frozen=True, eq=False)
class Ranking:
    """How well heads rank a finding.

    Args:
        average_precision: float64 [H], or [H, F].
        auroc: float64, the same shape.
    """

    average_precision: NDArray[np.float64]
    auroc: NDArray[np.float64]


def rank_heads(scores: NDArray[np.float32], labels: NDArray[np.int8]) -> Ranking:
    """Average precision and AUROC of every head on one finding.

    The numbers are those of `core.metrics.ranking`; here the label rides in the lowest bit of
    the sorted key, so that columns are sorted and nothing is looked up.

    Args:
        scores: float32 [H, N].
        labels: int8 [N], 1 or 0, both present.

    Raises:
        DataError: If a score is not finite.
    """
    num_heads, num_images = scores.shape
    num_positive = int(labels.sum())
    keys = np.sort(_falling(scores) << 1 | labels, axis=1).ravel()
    is_end = np.append(keys[1:] >> 1 != keys[:-1] >> 1, np.True_)
    is_end[num_images - 1 :: num_images] = True
    ends = np.flatnonzero(is_end)
    num_found = np.cumsum(keys & 1)[ends]
    gained, size = np.diff(num_found, prepend=0), np.diff(ends, prepend=-1)
    has_positive = gained > 0
    ends, num_found = ends[has_positive], num_found[has_positive]
    gained, size = gained[has_positive], size[has_positive]
    head = ends // num_images
    alerts = ends - head * num_images + 1
    hits = num_found - head * num_positive
    precision = np.bincount(head, gained * hits / alerts, num_heads)
    misordered = np.bincount(head, gained * (alerts - hits - (size - gained) / 2), num_heads)
    num_pairs = num_positive * (num_images - num_positive)
    return Ranking(precision / num_positive, 1 - misordered / num_pairs)


def _falling(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """Integers in the opposite order of the scores, equal where scores are equal."""
    if not np.isfinite(scores).all():
        raise DataError(f"scores: {np.count_nonzero(~np.isfinite(scores))} are not finite.")
    bits = (scores + np.float32(0)).view(np.int32)  # −0.0 becomes 0.0
    return (~(bits ^ (bits >> 31 & np.iinfo(np.int32).max))).astype(np.int64)
