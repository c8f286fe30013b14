"""Whether probabilities mean what they say: Brier score, log loss, calibration error and fit.

Everything is a function of sums over images, so a bootstrap replicate is one product of patient
counts with sums by patient. Recalibration is fitted to the sample; a replicate takes one Newton
step from there, with the second-order correction that its third derivatives give.

Shapes: N images, P patients, T = 30 terms, R any replicate axes.

Source:
    Van Calster et al., BMC Medicine 2019 (slope; intercept with slope 1). Moulton and Zeger,
    Computational Statistics & Data Analysis 1991 (one-step bootstrap of generalised linear models).
    The correction is that of Chebyshev's method.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.metrics.ratio import Values, grouped_sums, ratio
from core.metrics.recalibration import Recalibration, logistic, logits, recalibrate

NUM_BINS = 15
"""Bins of equal mass behind the expected calibration error."""

_NUM_OTHER_TERMS = 15


@dataclass(frozen=True, eq=False)
class CalibrationSums:
    """Weighted sums over the images of one finding.

    Args:
        fit: The recalibration of the sample.
        weight: float64 [*R], Σ w.
        squared: float64 [*R], Σ w (p − y)².
        surprise: float64 [*R], −Σ w (y log p + (1 − y) log(1 − p)).
        offset: float64 [3, *R], first to third derivative, the latter two negative, of the log
            likelihood in the intercept with slope 1.
        gradient: float64 [2, *R], of intercept and slope.
        information: float64 [3, *R], its entries 00, 01 and 11.
        third: float64 [4, *R], negative third derivatives 000, 001, 011 and 111.
        excess: float64 [15, *R], Σ w (p − y) of each bin.
    """

    fit: Recalibration
    weight: Values
    squared: Values
    surprise: Values
    offset: Values
    gradient: Values
    information: Values
    third: Values
    excess: Values


def image_terms(
    scores: NDArray[np.floating], labels: NDArray[np.int8], fit: Recalibration
) -> Values:
    """What each image adds to the sums of all bins, without their excess: float64 [15, N].

    Args:
        scores: float [N], probabilities.
        labels: int8 [N], 1 or 0.
        fit: The recalibration of the sample.
    """
    x, truth = logits(scores), labels.astype(np.float64)
    shown = scores.astype(np.float64)
    moved, recalibrated = logistic(fit.intercept + x), logistic(fit.start + fit.slope * x)
    spread = recalibrated * (1 - recalibrated)
    bent = spread * (1 - 2 * recalibrated)
    terms = (
        np.ones(len(x)),
        (shown - truth) ** 2,
        np.logaddexp(0, np.where(labels == 1, -x, x)),
        truth - moved,
        moved * (1 - moved),
        moved * (1 - moved) * (1 - 2 * moved),
        truth - recalibrated,
        (truth - recalibrated) * x,
        spread,
        spread * x,
        spread * x**2,
        bent,
        bent * x,
        bent * x**2,
        bent * x**2 * x,
    )
    return np.stack(terms)


def grouped_terms(
    scores: NDArray[np.floating],
    labels: NDArray[np.int8],
    weights: Values,
    groups: NDArray[np.intp],
    num_groups: int,
) -> tuple[Recalibration, Values]:
    """The recalibration of one finding, and the sums of its images by group: float64 [T, groups].

    Args:
        scores: float [N], probabilities.
        labels: int8 [N], 1 or 0.
        weights: float64 [N].
        groups: intp [N], such as rows of patients.
        num_groups: Their number.
    """
    fit = recalibrate(scores, labels, weights)
    others = grouped_sums(image_terms(scores, labels, fit) * weights, groups, num_groups)
    excess = (weights * (scores.astype(np.float64) - labels))[None]
    places = bins(scores) * num_groups + groups
    of_bins = grouped_sums(excess, places, NUM_BINS * num_groups)
    return fit, np.concatenate((others, of_bins.reshape(NUM_BINS, num_groups)))


def bins(scores: NDArray[np.floating]) -> NDArray[np.intp]:
    """The bin of each image, 0 to 14, equal scores together: intp [N].

    A bin ends at the observed score below which k / 15 of the images lie, that score included;
    replicates and weightings keep the bins of the sample.
    """
    if not len(scores):
        return np.empty(0, dtype=np.intp)
    # In integers: a quantile at k / 15 must not depend on the last bit.
    places = -(-len(scores) * np.arange(1, NUM_BINS) // NUM_BINS) - 1
    return np.searchsorted(np.sort(scores)[places], scores, side="left")


def calibration_sums(sums: Values, fit: Recalibration) -> CalibrationSums:
    """Names the summed terms.

    Args:
        sums: float64 [T, *R], in the order of `grouped_terms`.
        fit: The recalibration that the terms were taken at.
    """
    return CalibrationSums(
        fit=fit,
        weight=sums[0],
        squared=sums[1],
        surprise=sums[2],
        offset=sums[3:6],
        gradient=sums[6:8],
        information=sums[8:11],
        third=sums[11:_NUM_OTHER_TERMS],
        excess=sums[_NUM_OTHER_TERMS:],
    )


def calibration_of(
    scores: NDArray[np.floating], labels: NDArray[np.int8], weights: Values | None = None
) -> CalibrationSums:
    """The sums of one finding under one set of weights, each of shape [] behind its first axis.

    Args:
        scores: float [N], probabilities.
        labels: int8 [N], 1 or 0.
        weights: float64 [N], 1 for each image unless given.
    """
    each = np.ones(len(scores)) if weights is None else weights
    fit, sums = grouped_terms(scores, labels, each, np.zeros(len(scores), dtype=np.intp), 1)
    return calibration_sums(sums[:, 0], fit)


def brier(sums: CalibrationSums) -> Values:
    """Σ w (p − y)² / Σ w; NaN without weight."""
    return ratio(sums.squared, sums.weight)


def log_loss(sums: CalibrationSums) -> Values:
    """−Σ w (y log p + (1 − y) log(1 − p)) / Σ w, p cut at 2⁻²³; NaN without weight."""
    return ratio(sums.surprise, sums.weight)


def expected_calibration_error(sums: CalibrationSums) -> Values:
    """Σ_b |Σ_{i in b} w (p − y)| / Σ w over 15 bins of equal mass; NaN without weight.

    Source:
        Nixon et al., CVPR Workshops 2019 (adaptive binning).
    """
    return ratio(np.abs(sums.excess).sum(axis=0), sums.weight)


def calibration_intercept(sums: CalibrationSums) -> Values:
    """The a of logit P(y = 1) = a + logit p; 0 is ideal, above 0 the probabilities are too low."""
    gradient, information, third = sums.offset
    step = ratio(gradient, information)
    return sums.fit.intercept + step - ratio(third, information) * step**2 / 2


def calibration_slope(sums: CalibrationSums) -> Values:
    """The b of logit P(y = 1) = a + b logit p; 1 is ideal, below 1 they are too extreme."""
    a, b = _solved(sums.information, *sums.gradient)
    t000, t001, t011, t111 = sums.third
    bend = t000 * a**2 + 2 * t001 * a * b + t011 * b**2
    twist = t001 * a**2 + 2 * t011 * a * b + t111 * b**2
    _, correction = _solved(sums.information, bend, twist)
    return sums.fit.slope + b - correction / 2


def _solved(information: Values, first: Values, second: Values) -> tuple[Values, Values]:
    i00, i01, i11 = information
    determinant = i00 * i11 - i01**2
    return (
        ratio(i11 * first - i01 * second, determinant),
        ratio(i00 * second - i01 * first, determinant),
    )
