"""Small pictures of a few images, which travel where the images themselves do not."""

import io
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image

from core.specs import ImageSpec
from core.store.parquet import read_table, write_table
from core.tables import THUMBNAILS

THUMBNAIL_SIZE = 256
"""Longest side, in pixels: enough for a map, a tenth of the bytes."""


class ThumbnailStore:
    """The thumbnails beside a data set's tables, a file per preprocessing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, image: ImageSpec) -> Path:
        """Where the thumbnails of images under this preprocessing lie."""
        return self.folder / f"thumbnails-{image.digest()}.parquet"

    def read(self, image: ImageSpec) -> pl.DataFrame:
        """The thumbnails (`tables.THUMBNAILS`); without rows where there are none.

        Raises:
            DataError: If the file is damaged.
        """
        path = self.path(image)
        return read_table(path, THUMBNAILS) if path.exists() else THUMBNAILS.empty()

    def write(self, image: ImageSpec, frame: pl.DataFrame, dataset: str) -> None:
        """Write thumbnails, in the place of those there.

        Raises:
            DataError: If the frame breaks its schema or rules.
        """
        write_table(self.path(image), THUMBNAILS, frame, {"dataset": dataset})


def to_png(pixels: NDArray[np.uint8]) -> bytes:
    """A square of grey pixels, uint8 [S, S], as a PNG of at most `THUMBNAIL_SIZE` a side."""
    picture = Image.fromarray(pixels)
    if picture.width > THUMBNAIL_SIZE:
        picture = picture.resize((THUMBNAIL_SIZE, THUMBNAIL_SIZE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def from_png(png: bytes) -> NDArray[np.uint8]:
    """The pixels of a thumbnail, uint8 [T, T]."""
    with Image.open(io.BytesIO(png), formats=("PNG",)) as picture:
        return np.asarray(picture.convert("L"))
