"""The analytic variance of AUROCs: DeLong's, and Obuchowski's for clusters of images.

Shapes: K scores of the same images, N images, I patients.

Source:
    DeLong, DeLong and Clarke-Pearson, Biometrics 1988. Sun and Xu, IEEE Signal Processing
    Letters 2014 (midranks). Obuchowski, Biometrics 1997, section 2 (clusters).
"""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.metrics.ratio import Values, grouped_sums

INTERVAL_LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class Areas:
    """AUROCs of several scores on the same images.

    Args:
        values: float64 [K].
        covariance: float64 [K, K]; NaN with fewer than two patients (or images) of a class.
    """

    values: Values
    covariance: Values


@dataclass(frozen=True)
class NormalEstimate:
    """A value with its normal interval; NaN where the variance is undefined.

    Args:
        value: The AUROC, or the difference.
        se: Standard error.
        ci_low: Lower bound of the 95 % interval, not cut to [0, 1].
        ci_high: Upper bound.
        p_value: Two-sided, of the value being 0.
    """

    value: float
    se: float
    ci_low: float
    ci_high: float
    p_value: float


def delong(scores: NDArray[np.floating], labels: NDArray[np.int8]) -> Areas:
    """AUROCs and their covariance where each patient has one image.

    Args:
        scores: float [K, N].
        labels: int8 [N], 1 or 0.

    Raises:
        DataError: If a class is missing, or a score is not finite.
    """
    return clustered(scores, labels, np.arange(len(labels)))


def clustered(
    scores: NDArray[np.floating], labels: NDArray[np.int8], patient_ids: NDArray[np.generic]
) -> Areas:
    """AUROCs and their covariance where the images of a patient depend on each other.

    Args:
        scores: float [K, N].
        labels: int8 [N], 1 or 0.
        patient_ids: [N], equal for the images of one patient.

    Raises:
        DataError: If a class is missing, or a score is not finite.
    """
    _check(scores, labels)
    is_positive = labels == 1
    patients, rows = np.unique(patient_ids, return_inverse=True)
    placed = [_placements(each.astype(np.float64), is_positive) for each in scores]
    above, below = (np.stack(each) for each in zip(*placed, strict=True))
    areas = above.mean(axis=1)
    # Each patient's sum of components less its expectation (Obuchowski: X_i. - m_i A).
    of_positive = grouped_sums(above - areas[:, None], rows[is_positive], len(patients))
    of_negative = grouped_sums(below - areas[:, None], rows[~is_positive], len(patients))
    m, n = np.count_nonzero(is_positive), np.count_nonzero(~is_positive)
    cross = of_positive @ of_negative.T
    covariance = (
        _unbiased(len(np.unique(rows[is_positive]))) * (of_positive @ of_positive.T) / m**2
        + _unbiased(len(np.unique(rows[~is_positive]))) * (of_negative @ of_negative.T) / n**2
        + _unbiased(len(patients)) * (cross + cross.T) / (m * n)
    )
    return Areas(areas, covariance)


def estimate(areas: Areas, which: int = 0) -> NormalEstimate:
    """One AUROC with its interval."""
    return _normal(float(areas.values[which]), float(areas.covariance[which, which]))


def difference(areas: Areas, a: int = 0, b: int = 1) -> NormalEstimate:
    """The paired difference a − b with its interval and p."""
    cov = areas.covariance
    variance = cov[a, a] + cov[b, b] - 2 * cov[a, b]
    return _normal(float(areas.values[a] - areas.values[b]), float(variance))


def _placements(scores: Values, is_positive: NDArray[np.bool_]) -> tuple[Values, Values]:
    """Share of negatives below each positive, and of positives above each negative, ties half."""
    positive, negative = scores[is_positive], scores[~is_positive]
    below = _midcount(np.sort(negative), positive) / len(negative)
    above = 1 - _midcount(np.sort(positive), negative) / len(positive)
    return below, above


def _midcount(rising: Values, at: Values) -> Values:
    low, high = (np.searchsorted(rising, at, side=side) for side in ("left", "right"))
    return (low + high) / 2


def _unbiased(num_patients: int) -> float:
    return num_patients / (num_patients - 1) if num_patients > 1 else float("nan")


def _normal(value: float, variance: float) -> NormalEstimate:
    normal = NormalDist()
    se = sqrt(max(variance, 0.0)) if variance == variance else float("nan")
    reach = normal.inv_cdf((1 + INTERVAL_LEVEL) / 2) * se
    if se > 0:
        p_value = 2 * normal.cdf(-abs(value) / se)
    else:
        p_value = float("nan") if se != se else float(value == 0)
    return NormalEstimate(value, se, value - reach, value + reach, p_value)


def _check(scores: NDArray[np.floating], labels: NDArray[np.int8]) -> None:
    problems: list[str] = []
    if scores.ndim != 2 or scores.shape[1:] != labels.shape:
        problems.append(f"scores have shape {scores.shape}, expected (K, {len(labels)}).")
    elif not np.isfinite(scores).all():
        problems.append(f"{np.count_nonzero(~np.isfinite(scores))} scores are not finite.")
    if len(np.unique(labels)) < 2:
        problems.append("the labels are all positive or all negative, so there is no AUROC.")
    if problems:
        raise DataError(problems)
