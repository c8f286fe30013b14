"""Decoded images on disk, each compared with its checksum when it is first read."""

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import DTypeLike, NDArray

from core.errors import DataError

Rows: TypeAlias = int | slice | NDArray[np.int64]


class Pixels:
    """A cache's array, read by row as an array is: `pixels[3]`, `pixels[:8]`, `pixels[rows]`.

    A row is compared when it is first read from here: 50 kB take some 0.03 ms. Rows without
    checksum, of images that are set aside, are not compared.

    Args:
        values: uint8 [N, size, size], memory-mapped.
        index: One row per image (`tables.IMAGES`).
        path: The array's file, for the sentence about a damaged one.
        dataset: Whose images, for the same.
    """

    def __init__(
        self, values: NDArray[np.uint8], index: pl.DataFrame, path: Path, dataset: str
    ) -> None:
        self.values, self.path, self.dataset = values, path, dataset
        self._names, self._places = index["image_id"], np.arange(len(values))
        self._checksums = index["checksum"].fill_null(0).to_numpy()
        self._is_due = index["checksum"].is_not_null().to_numpy().copy()

    def __len__(self) -> int:
        return len(self.values)

    @property
    def shape(self) -> tuple[int, ...]:
        """N, size, size."""
        return self.values.shape

    @property
    def nbytes(self) -> int:
        """What all rows take, in bytes."""
        return self.values.nbytes

    def __array__(
        self, dtype: DTypeLike | None = None, copy: bool | None = None
    ) -> NDArray[np.generic]:
        """All rows, for NumPy."""
        return np.array(self[:], dtype, copy=copy)

    def __getitem__(self, rows: Rows) -> NDArray[np.uint8]:
        """The rows, uint8, copied where an array would copy them.

        Raises:
            DataError: If a row is not what was decoded.
        """
        found = self.values[rows]
        places = np.atleast_1d(self._places[rows])
        for place in np.flatnonzero(self._is_due[places]):
            row, image = int(places[place]), found if found.ndim == 2 else found[place]
            if zlib.crc32(image.data) != self._checksums[row]:
                raise DataError(self._damage(row))
            self._is_due[row] = False
        return found

    def _damage(self, row: int) -> str:
        return (
            f"{self.path}, row {row}: the pixels of image {self._names[row]!r} are not what was "
            f"decoded; remove the file and run: cxr data cache {self.dataset}."
        )


@dataclass(frozen=True, eq=False)
class CachedImages:
    """Decoded images of a data set, in the manifest's order.

    Args:
        key: 8 hex digits over everything that the pixels depend on.
        pixels: uint8 [N, size, size], memory-mapped; damage is found on reading.
        index: One row per image (`tables.IMAGES`).
    """

    key: str
    pixels: Pixels
    index: pl.DataFrame
