import numpy as np

from core.metrics.ratio import defined, ratio


def test_a_ratio_with_zero_denominator_is_nan_and_warns_nobody() -> None:
    found = ratio(np.array([1.0, 0.0, 3.0]), np.array([2.0, 0.0, 0.0]))
    np.testing.assert_array_equal(found, [0.5, np.nan, np.nan])


def test_a_ratio_of_single_numbers_has_no_axes() -> None:
    assert ratio(np.float64(1) * np.ones(()), np.full((), 4.0)).shape == ()


def test_nan_is_shown_as_none() -> None:
    assert defined(np.nan) is None
    assert defined(np.array(0.25)) == 0.25
