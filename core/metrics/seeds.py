"""Several trainings of one method, by seed or by resampled training patients, taken together.

Shapes: S trainings, B replicates.

Source:
    Variance of a mean over two independent sources, evaluation patients and trainings.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist, stdev

import numpy as np

from core.errors import ProtocolError
from core.metrics.compare import Estimate
from core.metrics.ratio import Values

THESE_MODELS = "these trained models"
THIS_METHOD = "this method"

INTERVAL_LEVEL = 0.95


@dataclass(frozen=True)
class Combined:
    """A mean over trainings, or the difference of two such means.

    Args:
        value: None where a training has none.
        se: √(SE²(patients) + Σ s² / S), as far as it is known; None where undefined.
        se_patients: Standard deviation of the replicates of the mean over trainings.
        se_trainings: √(Σ s² / S); None where no method has a second training.
        ci_low: Lower bound of the normal 95 % interval, not cut to the metric's range.
        ci_high: Upper bound.
        num_trainings: S of each method.
        speaks_of: `these trained models` where some method was trained once, else `this method`.
    """

    value: float | None
    se: float | None
    se_patients: float | None
    se_trainings: float | None
    ci_low: float | None
    ci_high: float | None
    num_trainings: tuple[int, ...]
    speaks_of: str


def combine(trainings: Sequence[Estimate]) -> Combined:
    """The mean of one method's trainings on the same images.

    Args:
        trainings: At least one, from the same replicates.

    Raises:
        ProtocolError: If there is none, or their numbers of replicates differ.
    """
    return _combined(trainings)


def difference(a: Sequence[Estimate], b: Sequence[Estimate]) -> Combined:
    """The difference a − b of two methods' means on the same images.

    Args:
        a: The trainings of one method.
        b: Those of the other, from the same replicates.

    Raises:
        ProtocolError: If a method has none, or their numbers of replicates differ.
    """
    return _combined(a, b)


def _combined(*methods: Sequence[Estimate]) -> Combined:
    _check(methods)
    sizes = tuple(len(method) for method in methods)
    speaks_of = THIS_METHOD if min(sizes) > 1 else THESE_MODELS
    means = [_mean(method) for method in methods]
    values = [[each.value for each in method if each.value is not None] for method in methods]
    if tuple(map(len, values)) != sizes:
        return Combined(None, None, None, None, None, None, sizes, speaks_of)
    signs = (1, -1)[: len(methods)]
    value = sum(sign * sum(each) / len(each) for sign, each in zip(signs, values, strict=True))
    replicates = np.sum([sign * mean for sign, mean in zip(signs, means, strict=True)], axis=0)
    of_patients = _spread(replicates)
    variances = [stdev(each) ** 2 / len(each) for each in values if len(each) > 1]
    of_trainings = sqrt(sum(variances)) if variances else None
    if of_patients is None:
        return Combined(value, None, None, of_trainings, None, None, sizes, speaks_of)
    se = sqrt(of_patients**2 + sum(variances))
    reach = NormalDist().inv_cdf((1 + INTERVAL_LEVEL) / 2) * se
    return Combined(
        value, se, of_patients, of_trainings, value - reach, value + reach, sizes, speaks_of
    )


def _mean(method: Sequence[Estimate]) -> Values:
    return np.mean([each.replicates.astype(np.float64) for each in method], axis=0)


def _spread(replicates: Values) -> float | None:
    known = replicates[~np.isnan(replicates)]
    return float(known.std(ddof=1)) if len(known) > 1 else None


def _check(methods: Sequence[Sequence[Estimate]]) -> None:
    if not all(methods):
        raise ProtocolError("A method without a training cannot be combined.")
    sizes = {each.replicates.shape for method in methods for each in method}
    if len(sizes) > 1:
        raise ProtocolError(
            "Trainings with different numbers of replicates are not paired: evaluate all of them "
            "on the same images with the same seed and number of resamples."
        )
