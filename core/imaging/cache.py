"""Many image files to one uint8 array, decoded once, in parallel."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from core.errors import DataError, Problems
from core.imaging.decode import Decoded, decode
from core.progress import Progress, silent
from core.specs import ImageSpec
from core.tables import IMAGES

_BATCH = 256


def build(
    array_path: Path,
    image_ids: Sequence[str],
    files: Sequence[Path],
    image: ImageSpec,
    num_workers: int,
    progress: Progress = silent,
) -> pl.DataFrame:
    """Decode `files` into a new array file.

    Args:
        array_path: Where the .npy file is made, uint8 [N, size, size].
        image_ids: N identifiers, in the array's order.
        files: N paths.
        image: Size, geometry and equalisation.
        num_workers: Threads; Pillow's decoders and resize run outside the interpreter's lock.
        progress: Told after each batch.

    Returns:
        The array's index (`tables.IMAGES`), one row an image.

    Raises:
        DataError: If files cannot be decoded; names all of them.
    """
    shape = (len(files), image.size, image.size)
    pixels: NDArray[np.uint8] = open_memmap(array_path, mode="w+", dtype=np.uint8, shape=shape)
    problems = Problems()
    rows: list[tuple[int, str, str, int, int]] = []
    with ThreadPoolExecutor(num_workers) as pool:
        for start in range(0, len(files), _BATCH):
            batch = files[start : start + _BATCH]
            decoded = pool.map(partial(_attempt, image=image), batch)
            for row, result in enumerate(decoded, start):
                if isinstance(result, DataError):
                    problems.found.append(f"{result} (image {image_ids[row]!r})")
                    continue
                pixels[row] = result.pixels
                rows.append((row, image_ids[row], result.sha256, result.width, result.height))
            progress("decoding images", start + len(batch), len(files))
    problems.raise_if_any()
    pixels.flush()
    return pl.DataFrame(rows, schema=IMAGES.schema, orient="row")


def _attempt(path: Path, image: ImageSpec) -> Decoded | DataError:
    """A worker's result: all faults are collected, so one bad file does not hide the next."""
    try:
        return decode(path, image)
    except DataError as error:
        return error
