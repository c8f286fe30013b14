"""Counts and ratios at an operating point: a prediction is positive where score >= threshold."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.metrics.ratio import Values, ratio


@dataclass(frozen=True, eq=False)
class Counts:
    """Weights of the four outcomes, float64 of one shape [*R]; NaN where no threshold is.

    Args:
        tp: True positives.
        fp: False positives.
        fn: False negatives.
        tn: True negatives.
    """

    tp: Values
    fp: Values
    fn: Values
    tn: Values

    @property
    def positive(self) -> Values:
        """Weight of the positive labels, float64 [*R]."""
        return self.tp + self.fn

    @property
    def negative(self) -> Values:
        """Weight of the negative labels, float64 [*R]."""
        return self.fp + self.tn

    @property
    def alerts(self) -> Values:
        """Weight of the positive predictions, float64 [*R]."""
        return self.tp + self.fp


def counts_at(
    scores: NDArray[np.floating],
    labels: NDArray[np.int8],
    threshold: float,
    weights: Values | None = None,
) -> Counts:
    """The four outcomes of one finding at one threshold.

    Args:
        scores: float [N].
        labels: int8 [N], 1 or 0.
        threshold: The lowest score that counts as a positive prediction.
        weights: float64 [N], 1 for each image unless given.
    """
    each = np.ones(len(scores)) if weights is None else weights
    outcome = np.where(scores.astype(np.float64) >= threshold, 0, 2) + (labels == 0)
    tp, fp, fn, tn = np.bincount(outcome, weights=each, minlength=4)
    return Counts(tp, fp, fn, tn)


def pooled(counts: list[Counts]) -> Counts:
    """The outcomes of several findings added up, for micro averages.

    Args:
        counts: One per finding, at least one, all of one shape.
    """
    return Counts(
        tp=np.sum([each.tp for each in counts], axis=0),
        fp=np.sum([each.fp for each in counts], axis=0),
        fn=np.sum([each.fn for each in counts], axis=0),
        tn=np.sum([each.tn for each in counts], axis=0),
    )


def joined_counts(counts: list[Counts]) -> Counts:
    """The outcomes of successive chunks of replicates as one, along the last axis."""
    return Counts(
        tp=np.concatenate([each.tp for each in counts], axis=-1),
        fp=np.concatenate([each.fp for each in counts], axis=-1),
        fn=np.concatenate([each.fn for each in counts], axis=-1),
        tn=np.concatenate([each.tn for each in counts], axis=-1),
    )


def standardised_counts(counts: Counts, prevalence: float) -> Counts:
    """The same outcomes under weights that set the share of positives; NaN without a class.

    Args:
        counts: Outcomes [*R].
        prevalence: The share of positive weight, between 0 and 1.
    """
    up = ratio(prevalence * np.ones_like(counts.tp), counts.positive)
    down = ratio((1 - prevalence) * np.ones_like(counts.tp), counts.negative)
    return Counts(counts.tp * up, counts.fp * down, counts.fn * up, counts.tn * down)


def f1(counts: Counts) -> Values:
    """2 TP / (2 TP + FP + FN); NaN without positive labels, 0 where none of them is found."""
    found = ratio(2 * counts.tp, counts.positive + counts.alerts)
    return np.where(counts.positive > 0, found, np.nan)


def precision(counts: Counts) -> Values:
    """TP / (TP + FP), the positive predictive value; NaN where nothing is predicted."""
    return ratio(counts.tp, counts.alerts)


def recall(counts: Counts) -> Values:
    """TP / (TP + FN), the sensitivity; NaN without positive labels."""
    return ratio(counts.tp, counts.positive)


def specificity(counts: Counts) -> Values:
    """TN / (TN + FP); NaN without negative labels."""
    return ratio(counts.tn, counts.negative)


def negative_predictive_value(counts: Counts) -> Values:
    """TN / (TN + FN); NaN where everything is predicted."""
    return ratio(counts.tn, counts.tn + counts.fn)


def alert_rate(counts: Counts) -> Values:
    """(TP + FP) / N, the share of images that are predicted positive; NaN without images."""
    return ratio(counts.alerts, counts.positive + counts.negative)


def balanced_accuracy(counts: Counts) -> Values:
    """(sensitivity + specificity) / 2; NaN where a class is missing."""
    return (recall(counts) + specificity(counts)) / 2
