"""Two points of the ROC curve: sensitivity at 90 % specificity, and the reverse.

Shapes: R any replicate axes.
"""

import numpy as np

from core.metrics.ranking import Steps
from core.metrics.ratio import Values, ratio

AT_PERCENT = 90


def sensitivity_at_specificity_of(at: Steps) -> Values:
    """The highest sensitivity of a threshold with specificity ≥ 0.9: float64 [*R].

    0 where only thresholds above all scores of positives are that specific; NaN where a class
    has no weight.
    """
    limit = at.all_negative * (100 - AT_PERCENT) / 100
    num_specific = np.count_nonzero(at.negative <= limit, axis=0)
    down_to = np.concatenate((np.zeros((1, *at.all_positive.shape)), at.positive))
    found = np.take_along_axis(down_to, np.expand_dims(num_specific, 0), axis=0)[0]
    return ratio(found, np.where(at.all_negative > 0, at.all_positive, 0.0))


def specificity_at_sensitivity_of(at: Steps) -> Values:
    """The highest specificity of a threshold with sensitivity ≥ 0.9: float64 [*R].

    NaN where a class has no weight.
    """
    needed = at.all_positive * AT_PERCENT / 100
    both = np.where(at.all_positive > 0, at.all_negative, 0.0)
    if not len(at.scores):
        return np.full_like(both, np.nan)
    # Sums of weights may fall short of 90 % of their total by their last bit, never by more.
    first = np.count_nonzero(at.positive < needed, axis=0)
    first = np.minimum(first, len(at.scores) - 1)
    alarms = np.take_along_axis(at.negative, np.expand_dims(first, 0), axis=0)[0]
    return 1 - ratio(alarms, both)
