"""Ratios whose undefined cases stay visible: NaN in arrays, None in single values."""

import math

import numpy as np
from numpy.typing import NDArray

ROUNDING = 1e-12

Values = NDArray[np.float64]
"""float64 of any shape; NaN is "undefined"."""


def ratio(numerator: Values, denominator: Values) -> Values:
    """Element by element numerator / denominator; NaN where the denominator is 0 or NaN."""
    shape = np.broadcast_shapes(np.shape(numerator), np.shape(denominator))
    undefined = np.full(shape, np.nan)
    return np.divide(numerator, denominator, out=undefined, where=np.not_equal(denominator, 0))


def remainder(total: Values, part: Values) -> Values:
    """Element by element total − part, exactly 0 where nothing but rounding is left.

    Args:
        total: Sums of weights.
        part: Sums of some of them.
    """
    rest = total - part
    return np.where(np.abs(rest) <= ROUNDING * total, 0.0, rest)


def grouped_sums(terms: Values, groups: NDArray[np.intp], num_groups: int) -> Values:
    """Sums of each row of terms by group: float64 [K, N] -> float64 [K, num_groups]."""
    sums = np.zeros((len(terms), num_groups))
    for row, term in zip(sums, terms, strict=True):
        row += np.bincount(groups, term, num_groups)
    return sums


def defined(value: float | Values) -> float | None:
    """One value as it is shown and stored: None instead of NaN."""
    number = float(value)
    return None if math.isnan(number) else number
