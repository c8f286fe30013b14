"""Weighted AUROC and average precision, from cumulative weights at ties of the scores.

A bootstrap replicate is the same scores under other weights, so everything that depends on the
scores alone (`TieGroups`) is kept apart from what depends on the weights (`Steps`).

Shapes: N images, G groups of equal scores that hold a positive, R any replicate axes.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.metrics.ratio import Values, defined, ratio, remainder

Ends = NDArray[np.intp]

Cumulative = Callable[[Ends], Values]
"""Weight of the first k images of an order, for each k asked: intp [G] -> float64 [G, *R]."""


@dataclass(frozen=True, eq=False)
class TieGroups:
    """Images in the order of falling scores, and where equal scores begin and end.

    Groups without a positive are left out: neither metric moves at them, nor can F1 rise.

    Args:
        order: intp [N], indices of the images by falling score.
        scores: float64 [G], falling.
        starts: intp [G], number of images above the group.
        ends: intp [G], number of images down to the group's end.
        positive_ends: intp [G], number of positives down to the group's end.
    """

    order: Ends
    scores: Values
    starts: Ends
    ends: Ends
    positive_ends: Ends

    @property
    def num_positive(self) -> int:
        """Number of positive images."""
        return int(self.positive_ends[-1]) if len(self.positive_ends) else 0


@dataclass(frozen=True, eq=False)
class Steps:
    """Cumulative weights of the images scored at least as high as each group.

    Args:
        scores: float64 [G], falling.
        gained: float64 [G, *R], positive weight of the group itself.
        positive: float64 [G, *R], positive weight down to the group's end.
        negative: float64 [G, *R], negative weight down to the group's end.
        mixed: intp [M], the groups that hold negatives too; few, where scores are fine-grained.
        tied: float64 [M, *R], negative weight of each mixed group itself.
        all_positive: float64 [*R], the positive weight in all.
        all_negative: float64 [*R], the negative weight in all.
    """

    scores: Values
    gained: Values
    positive: Values
    negative: Values
    mixed: Ends
    tied: Values
    all_positive: Values
    all_negative: Values


def tie_groups(scores: NDArray[np.floating], labels: NDArray[np.int8]) -> TieGroups:
    """The order of the scores and their ties.

    Args:
        scores: float [N].
        labels: int8 [N], 1 or 0.

    Raises:
        DataError: If a score is not finite; NaN would be ranked as if it were a score.
    """
    finite = np.isfinite(scores)
    if not finite.all():
        raise DataError(f"scores: {np.count_nonzero(~finite)} of {len(scores)} are not finite.")
    order = np.argsort(scores, kind="stable")[::-1]
    falling = scores[order].astype(np.float64)
    ends = np.append(np.flatnonzero(falling[1:] != falling[:-1]) + 1, len(falling))
    positives = np.concatenate(([0], np.cumsum(labels[order], dtype=np.intp)))
    positive_ends = positives[ends]
    starts = np.concatenate(([0], ends[:-1]))
    kept = positive_ends > positives[starts]
    ends, starts = ends[kept], starts[kept]
    return TieGroups(order, falling[ends - 1], starts, ends, positive_ends[kept])


def steps(groups: TieGroups, total: Cumulative, positive: Cumulative) -> Steps:
    """The cumulative weights at each group.

    Args:
        groups: The order of the scores.
        total: Cumulative weight over all images in that order.
        positive: Cumulative weight over the positive images in that order.
    """
    down_to_end = positive(groups.positive_ends)
    gained = down_to_end.copy()
    gained[1:] -= down_to_end[:-1]
    negative = total(groups.ends) - down_to_end
    mixed = np.flatnonzero(groups.ends - groups.starts > np.diff(groups.positive_ends, prepend=0))
    negative_above = total(groups.starts[mixed]) - (down_to_end[mixed] - gained[mixed])
    all_positive = positive(np.array([groups.num_positive]))[0]
    return Steps(
        scores=groups.scores,
        gained=gained,
        positive=down_to_end,
        negative=negative,
        mixed=mixed,
        tied=negative[mixed] - negative_above,
        all_positive=all_positive,
        all_negative=remainder(total(np.array([len(groups.order)]))[0], all_positive),
    )


def auroc_of(at: Steps) -> Values:
    """Area under the ROC curve: float64 [*R], NaN where a class has no weight.

    1 − Σ_g w⁺_g · (W⁻ down to the end of g − half of the negatives in g) / (W⁺ W⁻).

    Source:
        Hanley and McNeil, Radiology 1982: the Wilcoxon form, ties counted as one half.
    """
    misordered = np.einsum("g...,g...->...", at.gained, at.negative)
    misordered -= np.einsum("g...,g...->...", at.gained[at.mixed], at.tied) / 2
    return 1 - ratio(misordered, at.all_positive * at.all_negative)


def average_precision_of(at: Steps) -> Values:
    """Average precision: float64 [*R], NaN where a class has no weight.

    Σ_g (recall_g − recall_{g−1}) · precision_g, without interpolation.

    Source:
        Definition of scikit-learn's `average_precision_score`.
    """
    alerts = at.positive + at.negative
    # Where the top images all weigh 0 there is no precision yet, and nothing is gained.
    np.maximum(alerts, np.finfo(np.float64).tiny, out=alerts)
    areas = at.gained * at.positive
    areas /= alerts
    both = np.where(at.all_negative > 0, at.all_positive, 0.0)
    return ratio(areas.sum(axis=0), both)


def standardised_steps(at: Steps, prevalence: float) -> Steps:
    """The same ranks under weights that set the share of positives; NaN where a class has none.

    Args:
        at: Cumulative weights.
        prevalence: The share of positive weight, between 0 and 1.
    """
    ones = np.ones_like(at.all_positive)
    up = ratio(prevalence * ones, at.all_positive)
    down = ratio((1 - prevalence) * ones, at.all_negative)
    return Steps(
        scores=at.scores,
        gained=at.gained * up,
        positive=at.positive * up,
        negative=at.negative * down,
        mixed=at.mixed,
        tied=at.tied * down,
        all_positive=at.all_positive * up,
        all_negative=at.all_negative * down,
    )


def weighted_steps(
    scores: NDArray[np.floating], labels: NDArray[np.int8], weights: Values | None = None
) -> Steps:
    """The steps of one set of images under one set of weights.

    Args:
        scores: float [N].
        labels: int8 [N], 1 or 0.
        weights: float64 [N], 1 for each image unless given.

    Raises:
        DataError: If a score is not finite.
    """
    groups = tie_groups(scores, labels)
    ordered = (np.ones(len(scores)) if weights is None else weights)[groups.order]
    positives = ordered[labels[groups.order] == 1]
    return steps(groups, _cumulative(ordered), _cumulative(positives))


def _cumulative(ordered: Values) -> Cumulative:
    sums = np.concatenate(([0.0], np.cumsum(ordered)))
    return lambda ends: sums[ends]


def auroc(
    scores: NDArray[np.floating], labels: NDArray[np.int8], weights: Values | None = None
) -> float | None:
    """Area under the ROC curve of one finding; None where a class is missing.

    Args:
        scores: float [N].
        labels: int8 [N], 1 or 0.
        weights: float64 [N], 1 for each image unless given.

    Raises:
        DataError: If a score is not finite.
    """
    return defined(auroc_of(weighted_steps(scores, labels, weights)))


def average_precision(
    scores: NDArray[np.floating], labels: NDArray[np.int8], weights: Values | None = None
) -> float | None:
    """Average precision of one finding; None where a class is missing.

    Args:
        scores: float [N].
        labels: int8 [N], 1 or 0.
        weights: float64 [N], 1 for each image unless given.

    Raises:
        DataError: If a score is not finite.
    """
    return defined(average_precision_of(weighted_steps(scores, labels, weights)))
