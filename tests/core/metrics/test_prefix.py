import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.metrics.prefix import MAX_BLOCK_ROWS, prefix_layout


@settings(max_examples=40)
@given(num_rows=st.integers(0, 300), seed=st.integers(0, 99))
def test_running_sums_equal_a_plain_cumulative_sum(num_rows: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.integers(5, size=(8, 3)).astype(np.uint16)
    counts[-1] = 0
    rows = rng.integers(7, size=num_rows)
    expected = np.concatenate([np.zeros((1, 3)), np.cumsum(counts[rows], axis=0)])
    sums = prefix_layout(rows, zero_row=7).sums(counts)
    np.testing.assert_array_equal(sums.at(np.arange(num_rows + 1)), expected)
    ends = rng.integers(num_rows + 1, size=3)
    np.testing.assert_array_equal(sums.at_each(ends), expected[ends, np.arange(3)])


@settings(max_examples=40)
@given(num_rows=st.integers(1, 300), seed=st.integers(0, 99))
def test_the_first_row_that_reaches_a_sum_is_found(num_rows: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.integers(3, size=(8, 4)).astype(np.uint16)
    counts[-1] = 0
    rows = rng.integers(7, size=num_rows)
    cumulative = np.cumsum(counts[rows], axis=0)
    targets = np.floor(rng.random(4) * (cumulative[-1] + 1))
    found = prefix_layout(rows, zero_row=7).sums(counts).first_reaching(targets)
    with_zero = np.concatenate([np.zeros((1, 4)), cumulative])
    expected = [np.flatnonzero(with_zero[:, c] >= targets[c])[0] for c in range(4)]
    np.testing.assert_array_equal(found, expected)


def test_the_largest_count_fills_a_block_without_overflow() -> None:
    largest = np.iinfo(np.uint16).max // MAX_BLOCK_ROWS
    counts = np.array([[largest], [0]], dtype=np.uint16)
    num_rows = 3 * MAX_BLOCK_ROWS**2
    sums = prefix_layout(np.zeros(num_rows, dtype=np.intp), zero_row=1).sums(counts)
    assert sums.at(np.array([num_rows]))[0, 0] == pytest.approx(largest * num_rows, abs=0)
