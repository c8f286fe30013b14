"""Ratios whose undefined cases stay visible: NaN in arrays, None in single values."""

import math

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
"""float64 of any shape; NaN is "undefined"."""


def ratio(numerator: Values, denominator: Values) -> Values:
    """Element by element numerator / denominator; NaN where the denominator is 0 or NaN."""
    shape = np.broadcast_shapes(np.shape(numerator), np.shape(denominator))
    undefined = np.full(shape, np.nan)
    return np.divide(numerator, denominator, out=undefined, where=np.not_equal(denominator, 0))


def defined(value: float | Values) -> float | None:
    """One value as it is shown and stored: None instead of NaN."""
    number = float(value)
    return None if math.isnan(number) else number
