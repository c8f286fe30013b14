"""Many image files to one uint8 array, decoded once, in parallel, and resumed after a kill.

While it is built the array is called `.<name>.partial`; a journal beside it says which rows are
done. Pixels reach the disk before the journal names them, so what the journal says holds.
"""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from tokenize import TokenError
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from core.errors import CxrError, DataError, Problems
from core.imaging.journal import Entry, append, read_journal
from core.imaging.workers import Sources, decoded, stamp
from core.progress import Progress, silent
from core.specs import ImageSpec
from core.tables import IMAGES

SYNC_SECONDS = 5.0
"""How much work a kill may lose; a sync costs about 0.1 s."""

_DAMAGE = (OSError, ValueError, EOFError, SyntaxError, TokenError)
"""What opening a damaged array raises."""


class Filled(NamedTuple):
    """What `fill` did: the new index (`tables.IMAGES`), and what is wrong with files in use."""

    images: pl.DataFrame
    problems: Problems


def build(
    array_path: Path,
    sources: Sources,
    image: ImageSpec,
    num_workers: int,
    progress: Progress = silent,
) -> pl.DataFrame:
    """Decode what is not decoded yet; `publish` then makes the array the cache.

    One process at a time may build an array; the caller sees to it. Good images are kept when
    others are bad: once those are repaired, the same call decodes only them. A file that changed
    since it was decoded is decoded again.

    Args:
        array_path: Where the .npy file will be, uint8 [N, size, size].
        sources: N images, in the array's order.
        image: Size, geometry and equalisation.
        num_workers: Threads; Pillow's decoders and resize run outside the interpreter's lock.
        progress: Told after each image, of those that were missing.

    Returns:
        The array's index (`tables.IMAGES`), one row an image; rows that are set aside and cannot
        be decoded stay black and have null for what is not known of them.

    Raises:
        CxrError: If the disk has no room for the array.
        DataError: If files in use cannot be decoded; names all of them.
    """
    partial, journal = _partial(array_path), _journal(array_path)
    pixels = _opened(partial, journal, (len(sources.paths), image.size, image.size))
    done = _still_true(journal, sources)
    missing = [row for row in range(len(sources.paths)) if row not in done]
    problems, fresh = Problems(), list[Entry]()
    synced = time.monotonic()
    try:
        results = decoded(missing, sources, pixels, image, num_workers)
        for count, (row, result) in enumerate(results, 1):
            _sort(row, result, sources, problems, fresh)
            if time.monotonic() - synced >= SYNC_SECONDS:
                _sync(pixels, journal, fresh)
                synced = time.monotonic()
            progress("decoding images", count, len(missing))
    finally:
        _sync(pixels, journal, fresh)
    problems.raise_if_any()
    return _index(sources.image_ids, read_journal(journal))


def publish(array_path: Path) -> None:
    """Give the built array its name, as the last step; its index must be written by then."""
    _partial(array_path).replace(array_path)
    _journal(array_path).unlink()


def fill(
    array_path: Path,
    index: pl.DataFrame,
    sources: Sources,
    image: ImageSpec,
    num_workers: int,
    progress: Progress = silent,
) -> Filled:
    """Decode, into an array that is published, images in use that it holds no pixels of.

    Good images are kept when others are bad, once the index is written. Nobody reads those
    rows yet: whoever uses them finds them missing in the index.

    Args:
        array_path: The array.
        index: As it was written (`tables.IMAGES`).
        sources: All images of the array.
        image: Size, geometry and equalisation.
        num_workers: Threads.
        progress: Told after each image.

    Raises:
        DataError: If the array is damaged.
    """
    try:
        pixels: NDArray[np.uint8] = open_memmap(array_path, mode="r+")
    except _DAMAGE as error:
        raise DataError(f"{array_path}: cannot be read; remove it and run again.") from error
    missing = [k for k in index["sha256"].is_null().arg_true() if k not in sources.set_aside]
    problems, fresh = Problems(), list[Entry]()
    results = decoded(missing, sources, pixels, image, num_workers)
    for count, (row, result) in enumerate(results, 1):
        _sort(row, result, sources, problems, fresh)
        progress("decoding images", count, len(missing))
    _flush(pixels)
    return Filled(index.update(_frame(sources.image_ids, fresh), on="image_id"), problems)


def _sort(
    row: int, result: Entry | DataError, sources: Sources, problems: Problems, fresh: list[Entry]
) -> None:
    if isinstance(result, Entry):
        fresh.append(result)
    elif row not in sources.set_aside:
        problems.found.append(f"{result} (image {sources.image_ids[row]!r})")


def _partial(array_path: Path) -> Path:
    return array_path.with_name(f".{array_path.name}.partial")


def _journal(array_path: Path) -> Path:
    return array_path.with_name(f".{array_path.name}.journal")


def _opened(partial: Path, journal: Path, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """The partial array; without a journal of its own, or damaged, it is made anew."""
    if journal.exists() and _is_whole(partial, shape):
        return open_memmap(partial, mode="r+")
    journal.unlink(missing_ok=True)
    pixels: NDArray[np.uint8] = open_memmap(partial, mode="w+", dtype=np.uint8, shape=shape)
    try:
        with partial.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, partial.stat().st_size)
            os.fsync(file.fileno())
    except OSError as error:
        partial.unlink()
        raise CxrError(f"{partial}: {error.strerror}; {pixels.nbytes:,} bytes needed.") from error
    journal.touch()
    return pixels


def _is_whole(partial: Path, shape: tuple[int, ...]) -> bool:
    """Whether the array can be opened; not for writing, which would lengthen a short one."""
    try:
        return open_memmap(partial, mode="r").shape == shape
    except _DAMAGE:
        return False


def _still_true(journal: Path, sources: Sources) -> set[int]:
    """Rows that are done and whose file has the size and time of change it had then."""
    last = {entry.row: entry for entry in read_journal(journal)}
    return {
        row
        for row, entry in last.items()
        if stamp(sources.root / sources.paths[row]) == (entry.file_bytes, entry.modified_ns)
    }


def _sync(pixels: NDArray[np.uint8], journal: Path, fresh: list[Entry]) -> None:
    if not fresh:
        return
    _flush(pixels)
    append(journal, fresh)
    fresh.clear()


def _flush(pixels: NDArray[np.uint8]) -> None:
    assert isinstance(pixels, np.memmap)
    pixels.flush()


def _index(image_ids: Sequence[str], entries: Sequence[Entry]) -> pl.DataFrame:
    """`tables.IMAGES`, from entries of which the last of a row counts."""
    frame = _frame(image_ids, entries).unique("row", keep="last")
    every = pl.DataFrame({"row": range(len(image_ids)), "image_id": image_ids})
    joined = every.cast({"row": pl.Int32}).join(
        frame.drop("image_id"), on="row", how="left", maintain_order="left"
    )
    return joined.match_to_schema(IMAGES.schema)


def _frame(image_ids: Sequence[str], entries: Sequence[Entry]) -> pl.DataFrame:
    rows = [
        {
            "row": entry.row,
            "image_id": image_ids[entry.row],
            "sha256": entry.sha256,
            "source_width": entry.width,
            "source_height": entry.height,
            "scaling": entry.scaling,
            "perceptual_hash": entry.perceptual_hash,
            "checksum": entry.checksum,
        }
        for entry in entries
    ]
    return pl.DataFrame(rows, IMAGES.schema)
