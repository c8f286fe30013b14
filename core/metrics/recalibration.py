"""Logistic recalibration of one finding's probabilities on its labels.

Shapes: N images, Q coefficients.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.metrics.ratio import Values

EPSILON = float(np.finfo(np.float32).eps)
"""Probabilities are cut to [ε, 1 − ε]: predictions are kept in single precision."""

MAX_STEPS = 100
TOLERANCE = 1e-12


@dataclass(frozen=True)
class Recalibration:
    """Maximum-likelihood fits of labels on logits; NaN where there is none.

    Args:
        intercept: a of logit P(y = 1) = a + logit p.
        start: a of logit P(y = 1) = a + b logit p.
        slope: b of the same.
    """

    intercept: float
    start: float
    slope: float


def logits(scores: NDArray[np.floating]) -> Values:
    """log(p / (1 − p)) of probabilities cut to [ε, 1 − ε]: float64 [N]."""
    p = np.clip(scores.astype(np.float64), EPSILON, 1 - EPSILON)
    return np.log(p) - np.log1p(-p)


def logistic(x: Values) -> Values:
    """1 / (1 + exp(−x)), without overflow; NaN where there is no fit."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, small) / (1 + small)


def recalibrate(
    scores: NDArray[np.floating], labels: NDArray[np.int8], weights: Values
) -> Recalibration:
    """Fits intercept and slope, and the intercept alone with slope 1.

    Args:
        scores: float [N], probabilities.
        labels: int8 [N], 1 or 0.
        weights: float64 [N], not negative.

    Returns:
        NaN where a class has no weight; a NaN slope where some score separates the classes.
    """
    has_weight = weights > 0
    x, truth, weight = logits(scores)[has_weight], labels[has_weight] == 1, weights[has_weight]
    if truth.all() or not truth.any():
        return Recalibration(np.nan, np.nan, np.nan)
    ones = np.ones((len(x), 1))
    (intercept,) = _fitted(ones, x, truth, weight)
    if x[truth].min() >= x[~truth].max() or x[truth].max() <= x[~truth].min():
        return Recalibration(intercept, np.nan, np.nan)
    centre, scale = x.mean(), x.std()
    standardised = (x - centre) / scale
    a, b = _fitted(np.column_stack((ones, standardised)), np.zeros_like(x), truth, weight)
    return Recalibration(intercept, float(a - b * centre / scale), float(b / scale))


def _fitted(design: Values, offset: Values, truth: NDArray[np.bool_], weight: Values) -> Values:
    """Newton's method, each step halved until the likelihood does not fall: float64 [Q]."""
    theta = np.zeros(design.shape[1])
    p, current = _state(offset, truth, weight)
    for _ in range(MAX_STEPS):
        gradient = design.T @ (weight * (truth - p))
        information = (design.T * (weight * p * (1 - p))) @ design
        step = np.linalg.lstsq(information, gradient)[0]
        while True:
            p, lower = _state(offset + design @ (theta + step), truth, weight)
            if lower <= current * (1 + TOLERANCE):
                break
            step = step / 2
        theta, current = theta + step, lower
        if np.abs(step).max() <= TOLERANCE:
            break
    return theta


def _state(linear: Values, truth: NDArray[np.bool_], weight: Values) -> tuple[Values, float]:
    """Probabilities [N] and the negative log likelihood, from one exponential an image."""
    small = np.exp(-np.abs(linear))
    p = np.where(linear >= 0, 1.0, small) / (1 + small)
    surprise = np.maximum(np.where(truth, -linear, linear), 0) + np.log(1 + small)
    return p, float(weight @ surprise)
