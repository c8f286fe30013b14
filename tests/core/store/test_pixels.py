"""A row that is not what was decoded is found when it is first read, however it is read."""

import zlib
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from core.errors import DataError
from core.store.pixels import Pixels, Rows
from core.tables import IMAGES

N, SIDE, DAMAGED, ASIDE = 12, 16, 7, 3
PATH = Path("data/own/images.npy")


def decoded() -> tuple[np.ndarray, pl.DataFrame]:
    """Pixels and index of twelve images, of which one is set aside."""
    values = np.random.default_rng(0).integers(0, 256, (N, SIDE, SIDE), np.uint8)
    checksums = [None if row == ASIDE else zlib.crc32(values[row]) for row in range(N)]
    known = {"row": range(N), "image_id": [f"i{row}" for row in range(N)], "checksum": checksums}
    types = {name: IMAGES.schema[name] for name in known}
    index = pl.DataFrame(known, types)
    return values, index.match_to_schema(IMAGES.schema, missing_columns="insert")


@pytest.fixture
def damaged() -> Pixels:
    values, index = decoded()
    values[DAMAGED, 5, 5] ^= 1
    values[ASIDE] = 0
    return Pixels(values, index, PATH, "own")


READ: dict[str, Rows] = {
    "by number": DAMAGED,
    "from the end": DAMAGED - N,
    "by slice": slice(4, 9),
    "backwards": slice(None, None, -1),
    "by rows": np.array([1, DAMAGED, 2]),
    "twice": np.array([DAMAGED, DAMAGED]),
    "all": slice(None),
}


@pytest.mark.parametrize("way", READ)
def test_a_changed_row_is_one_sentence(damaged: Pixels, way: str) -> None:
    told = r"images\.npy, row 7: the pixels of image 'i7' are not what was decoded; .*cache own\.$"
    for _ in range(2):
        with pytest.raises(DataError, match=told):
            _ = damaged[READ[way]]


def test_rows_that_are_whole_or_set_aside_are_read(damaged: Pixels) -> None:
    values, _ = decoded()
    others = np.array([row for row in range(N) if row not in (DAMAGED, ASIDE)])
    assert np.array_equal(damaged[others], values[others])
    assert not damaged[ASIDE].any()


@pytest.mark.parametrize("way", READ)
def test_whole_pixels_are_read_as_an_array_is(way: str) -> None:
    values, index = decoded()
    pixels = Pixels(values, index, PATH, "own")
    for _ in range(2):
        assert np.array_equal(pixels[READ[way]], values[READ[way]])
    assert (len(pixels), pixels.shape, pixels.nbytes) == (N, values.shape, values.nbytes)
    assert np.array_equal(np.asarray(pixels), values)
