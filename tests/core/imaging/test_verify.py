"""What has changed since it was decoded is found: pixels by checksum, files by hash."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from PIL import Image

from core.imaging.cache import build, publish
from core.imaging.verify import changed_files, damaged_rows
from core.imaging.workers import Sources
from core.specs import ImageSpec
from tests.fixtures.image_files import soft


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    for k in range(5):
        Image.fromarray(soft(seed=k)).save(tmp_path / f"{k}.png")
    return Sources(tmp_path.resolve(), list("01234"), [f"{k}.png" for k in range(5)])


@pytest.fixture
def index(sources: Sources, tmp_path: Path) -> pl.DataFrame:
    found = build(tmp_path / "a.npy", sources, ImageSpec(size=32), 1)
    publish(tmp_path / "a.npy")
    return found


def pixels(tmp_path: Path) -> NDArray[np.uint8]:
    return np.load(tmp_path / "a.npy", mmap_mode="r")


def test_what_was_decoded_is_as_it_was(
    sources: Sources, index: pl.DataFrame, tmp_path: Path
) -> None:
    assert list(damaged_rows(pixels(tmp_path), index)) == []
    assert changed_files(index, sources, 2) == []


def test_every_flipped_bit_of_the_pixels_is_found(index: pl.DataFrame, tmp_path: Path) -> None:
    array = tmp_path / "a.npy"
    content = array.read_bytes()
    start = len(content) - 5 * 32 * 32
    for place in np.random.default_rng(0).integers(start, len(content), 50):
        flipped = content[:place] + bytes([content[place] ^ 16]) + content[place + 1 :]
        array.write_bytes(flipped)
        row = (place - start) // (32 * 32)
        (sentence,) = damaged_rows(pixels(tmp_path), index)
        assert sentence.startswith(f"row {row}: the pixels have changed")
        assert sentence.endswith(f"(image '{row}').")


def test_files_that_changed_since_are_named_unless_they_are_set_aside(
    sources: Sources, index: pl.DataFrame
) -> None:
    (sources.root / "0.png").write_bytes((sources.root / "1.png").read_bytes())
    (sources.root / "4.png").unlink()
    first, second = changed_files(index, sources, 2)
    assert "0.png: has changed" in first
    assert "4.png: cannot be read" in second
    assert changed_files(index, replace(sources, set_aside=frozenset({0, 4})), 2) == []
