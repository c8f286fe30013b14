import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.phantom.findings.site import Mask
from core.phantom.masks import MASK_SIDE, box_of, pack, unpack

masks = st.sampled_from((64, 128, 192)).flatmap(lambda side: arrays(np.bool_, (side, side)))


@given(masks)
def test_a_packed_mask_covers_the_mask_and_no_cell_more(mask: Mask) -> None:
    factor = mask.shape[0] // MASK_SIDE
    cells = mask.reshape(MASK_SIDE, factor, MASK_SIDE, factor).any(axis=(1, 3))
    assert np.array_equal(unpack(pack(mask)), cells)


@given(masks)
def test_a_box_is_the_smallest_that_contains_the_mask(mask: Mask) -> None:
    box = box_of(mask)
    if not mask.any():
        assert box is None
        return
    assert box is not None
    rows, columns = np.nonzero(mask)
    side = mask.shape[0]
    x, y, width, height = (round(fraction * side) for fraction in box)
    assert (x, y) == (columns.min(), rows.min())
    assert (x + width, y + height) == (columns.max() + 1, rows.max() + 1)


def test_a_packed_mask_takes_half_a_kilobyte() -> None:
    assert len(pack(np.ones((256, 256), dtype=bool))) == pytest.approx(512)
