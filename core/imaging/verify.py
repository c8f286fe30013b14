"""Whether a cache still holds what was decoded, and its files are still those it came from."""

import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.errors import DataError
from core.imaging.files import file_sha256, located
from core.imaging.workers import Sources
from core.progress import Progress, silent


def damaged_rows(pixels: NDArray[np.uint8], index: pl.DataFrame) -> Iterator[str]:
    """One sentence for each image whose pixels are not those that were decoded.

    Args:
        pixels: uint8 [N, size, size].
        index: Of the array (`tables.IMAGES`).
    """
    for name, row, checksum in index.select("image_id", "row", "checksum").iter_rows():
        if checksum is not None and zlib.crc32(pixels[row].data) != checksum:
            yield f"row {row}: the pixels have changed since they were decoded (image {name!r})."


def changed_files(
    index: pl.DataFrame, sources: Sources, num_workers: int, progress: Progress = silent
) -> list[str]:
    """Hash the source files again and compare with the index (`tables.IMAGES`).

    Returns:
        One sentence for each file in use that is missing or no longer what was decoded.
    """
    rows = [row for row in range(index.height) if row not in sources.set_aside]

    def now(row: int) -> str | None:
        try:
            return file_sha256(located(sources.root, sources.paths[row]))
        except DataError:
            return None

    found: list[str] = []
    with ThreadPoolExecutor(num_workers) as pool:
        before = index["sha256"].to_list()
        for count, (row, sha256) in enumerate(zip(rows, pool.map(now, rows), strict=True), 1):
            where = f"{sources.root / sources.paths[row]}"
            name = f"(image {sources.image_ids[row]!r})"
            if sha256 is None:
                found.append(f"{where}: cannot be read any more {name}.")
            elif sha256 != before[row]:
                found.append(f"{where}: has changed since it was decoded {name}.")
            progress("verifying images", count, len(rows))
    return found
