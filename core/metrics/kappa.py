"""How far readers agree beyond chance.

Shapes: N subjects, K categories.
"""

import numpy as np
from numpy.typing import NDArray


def cohen_kappa(first: NDArray[np.integer], second: NDArray[np.integer]) -> float | None:
    """Agreement of two ratings of the same subjects, corrected for chance.

    κ = (p_o − p_e) / (1 − p_e), p_o the share of equal ratings and p_e what independent readers
    with the same marginals would reach.

    Args:
        first: int [N], categories from 0.
        second: int [N].

    Returns:
        None without subjects, or where both always give the one category.

    Source:
        Cohen, Educational and Psychological Measurement 1960;20:37, eq. 1.
    """
    if not len(first):
        return None
    size = int(max(first.max(), second.max())) + 1
    shares = [np.bincount(each, minlength=size) / len(each) for each in (first, second)]
    return _beyond_chance(float(np.mean(first == second)), float(shares[0] @ shares[1]))


def fleiss_kappa(counts: NDArray[np.integer]) -> float | None:
    """Agreement of any number of readers, the same number for each subject.

    Args:
        counts: int [N, K], how many readers gave each category; each row sums to n ≥ 2.

    Returns:
        None without subjects, or where only one category was ever given.

    Raises:
        ValueError: If rows have different sums, or fewer than two ratings.

    Source:
        Fleiss, Psychological Bulletin 1971;76:378, eq. 1 to 7.
    """
    if not len(counts):
        return None
    ratings = counts.sum(1)
    n = int(ratings[0])
    if n < 2 or (ratings != n).any():
        raise ValueError("Every subject needs the same number of ratings, at least two.")
    agreeing = ((counts * (counts - 1)).sum(1) / (n * (n - 1))).mean()
    shares = counts.sum(0) / counts.sum()
    return _beyond_chance(float(agreeing), float((shares**2).sum()))


def _beyond_chance(observed: float, expected: float) -> float | None:
    return None if expected == 1 else (observed - expected) / (1 - expected)
