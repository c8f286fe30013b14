"""How one finding's threshold is found from its labelled images.

Shapes: N images with a label, G groups of equal scores that hold a positive, C replicates.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.metrics.flags import (
    MIN_POSITIVE_PATIENTS,
    NOT_ANNOTATED,
    NOT_PREDICTED,
    ONE_CLASS,
    RATE_FALLBACK,
)
from core.metrics.ranking import Steps
from core.metrics.ratio import Values, defined, ratio
from core.metrics.weighting import WeightedFinding, unweighted
from core.roles import NOT_SCORED, Examples

Rule = Callable[[WeightedFinding], Values]
"""The threshold of a finding in each replicate: float64 [C], NaN where it has none."""


@dataclass(frozen=True)
class Threshold:
    """Where one finding's scores become positive predictions (score >= value).

    Args:
        value: The threshold; None where the data cannot give one.
        n: Labelled images that decided it, 0 where none did.
        n_positive: The positive ones among them.
        flag: Codes of `FLAGS`, or None.
    """

    value: float | None
    n: int
    n_positive: int
    flag: str | None = None


@dataclass(frozen=True, eq=False)
class LabelledScores:
    """The images that have a label for one finding.

    Args:
        scores: float [N]; all NaN where the model does not predict the finding.
        labels: int8 [N], 1 or 0.
        patient_ids: str [N].
    """

    scores: NDArray[np.floating]
    labels: NDArray[np.int8]
    patient_ids: NDArray[np.str_]

    @property
    def num_positive(self) -> int:
        """Number of positive images."""
        return int(np.count_nonzero(self.labels))

    @property
    def num_positive_patients(self) -> int:
        """Number of patients with a positive image."""
        return len(np.unique(self.patient_ids[self.labels == 1]))

    @property
    def problem(self) -> str | None:
        """The flag that says why no threshold can come from these images, or None."""
        if not len(self.labels):
            return NOT_ANNOTATED
        return NOT_PREDICTED if np.isnan(self.scores).any() else None


def labelled_scores(examples: Examples, column: int) -> LabelledScores:
    """The images of `examples` that have a label for the finding in `column`."""
    scored = examples.labels[:, column] != NOT_SCORED
    return LabelledScores(
        examples.values[scored, column],
        examples.labels[scored, column],
        examples.patient_ids[scored],
    )


def best_f1(at: Steps) -> Values:
    """The score that maximises F1 in each replicate; of equal maxima the highest score.

    Args:
        at: Cumulative weights [G, C].

    Returns:
        float64 [C]; NaN where no positive has weight.
    """
    if not len(at.scores):
        return np.full_like(at.all_positive, np.nan)
    f1 = ratio(2 * at.positive, at.positive + at.negative + at.all_positive)
    return np.where(at.all_positive > 0, at.scores[np.argmax(f1, axis=0)], np.nan)


def best_f1_rule(finding: WeightedFinding) -> Values:
    """The score that maximises F1 in each replicate: float64 [C], NaN without positives."""
    return best_f1(finding.steps)


def own_rate_rule(finding: WeightedFinding) -> Values:
    """The quantile of the scores at 1 − prevalence in each replicate: float64 [C].

    It is taken as an observed score: the highest that predicts at least as many positives as
    there are, which is the quantile rounded up. Without positives it is the highest score.
    """
    return finding.highest(np.maximum(finding.all_positive, 1))


def threshold_by(rule: Rule, images: LabelledScores, flag: str | None = None) -> Threshold:
    """One finding's threshold under a rule.

    Args:
        rule: The rule.
        images: The labelled images of the finding.
        flag: What to say about a threshold that was found.
    """
    n, n_positive = len(images.labels), images.num_positive
    if images.problem:
        return Threshold(None, n, n_positive, images.problem)
    value = defined(rule(unweighted(images.scores, images.labels))[0])
    return Threshold(value, n, n_positive, ONE_CLASS if value is None else flag)


def best_f1_or_rate(images: LabelledScores) -> Threshold:
    """F1's maximum, or with fewer than 20 positive patients the own rate, flagged."""
    if images.num_positive_patients < MIN_POSITIVE_PATIENTS:
        return threshold_by(own_rate_rule, images, RATE_FALLBACK)
    return threshold_by(best_f1_rule, images)


def rate_threshold(scores: NDArray[np.floating], reference: LabelledScores) -> Threshold:
    """The quantile of `scores` at 1 − the prevalence of other images, rounded up to a score.

    Args:
        scores: float [M].
        reference: The labelled images that give the prevalence, n and n_positive.
    """
    n, n_positive = len(reference.labels), reference.num_positive
    problem = NOT_PREDICTED if np.isnan(scores).any() else None
    if not n or not len(scores):
        problem = NOT_ANNOTATED
    if problem:
        return Threshold(None, n, n_positive, problem)
    # In integers: (M − 1) · (1 − prevalence) rounded up must not depend on the last bit.
    place = -(-(len(scores) - 1) * (n - n_positive) // n)
    return Threshold(float(np.sort(scores)[place]), n, n_positive)
