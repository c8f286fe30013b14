"""Many image files to one uint8 array, decoded once, in parallel, and resumed after a kill.

While it is built the array is called `.<name>.partial`; a journal beside it says which rows are
done. Pixels reach the disk before the journal names them, so what the journal says holds.
"""

import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import polars as pl
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from core.errors import CxrError, DataError, Problems
from core.imaging.decode import decode, file_sha256
from core.imaging.journal import append, read_journal
from core.progress import Progress, silent
from core.specs import ImageSpec
from core.tables import IMAGES

SYNC_SECONDS = 5.0
"""How much work a kill may lose; a sync costs about 0.1 s."""

_IN_FLIGHT = 4
"""Images a worker may be ahead: enough to keep it busy, and memory does not grow with N."""

Entry = tuple[int, int, int, int, int, str]


def build(
    array_path: Path,
    image_ids: Sequence[str],
    files: Sequence[Path | None],
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
        image_ids: N identifiers, in the array's order.
        files: N paths; None leaves the row black, for images that are set aside.
        image: Size, geometry and equalisation.
        num_workers: Threads; Pillow's decoders and resize run outside the interpreter's lock.
        progress: Told after each image, of those that were missing.

    Returns:
        The array's index (`tables.IMAGES`), one row an image.

    Raises:
        CxrError: If the disk has no room for the array.
        DataError: If files cannot be decoded; names all of them.
    """
    partial, journal = _partial(array_path), _journal(array_path)
    pixels = _opened(partial, journal, (len(files), image.size, image.size))
    done = _still_true(journal, files)
    missing = [(row, path) for row, path in enumerate(files) if path and row not in done]
    problems, fresh = Problems(), list[Entry]()
    synced = time.monotonic()
    try:
        results = _decoded(missing, pixels, image, num_workers)
        for count, (row, result) in enumerate(results, 1):
            if isinstance(result, DataError):
                problems.found.append(f"{result} (image {image_ids[row]!r})")
            else:
                fresh.append(result)
            if time.monotonic() - synced >= SYNC_SECONDS:
                _sync(pixels, journal, fresh)
                synced = time.monotonic()
            progress("decoding images", count, len(missing))
    finally:
        _sync(pixels, journal, fresh)
    problems.raise_if_any()
    return _index(image_ids, files, journal)


def publish(array_path: Path) -> None:
    """Give the built array its name, as the last step; its index must be written by then."""
    _partial(array_path).replace(array_path)
    _journal(array_path).unlink()


def changed_files(
    index: pl.DataFrame,
    files: Sequence[Path | None],
    num_workers: int,
    progress: Progress = silent,
) -> list[str]:
    """Hash the source files again and compare with the index (`tables.IMAGES`).

    Returns:
        One sentence for each file that is missing or no longer what was decoded.
    """
    found: list[str] = []
    with ThreadPoolExecutor(num_workers) as pool:
        hashes = pool.map(_hash, files)
        rows = zip(files, index["image_id"], index["sha256"], hashes, strict=True)
        for count, (path, name, before, now) in enumerate(rows, 1):
            if now is None:
                found.append(f"{path}: cannot be read any more (image {name!r}).")
            elif now != before:
                found.append(f"{path}: has changed since it was decoded (image {name!r}).")
            progress("verifying images", count, len(files))
    return found


def _hash(path: Path | None) -> str | None:
    return file_sha256(path) if path else ""


def _partial(array_path: Path) -> Path:
    return array_path.with_name(f".{array_path.name}.partial")


def _journal(array_path: Path) -> Path:
    return array_path.with_name(f".{array_path.name}.journal")


def _opened(partial: Path, journal: Path, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """The partial array; without a journal of its own it is made anew."""
    if partial.exists() and journal.exists():
        return open_memmap(partial, mode="r+")
    journal.unlink(missing_ok=True)
    pixels: NDArray[np.uint8] = open_memmap(partial, mode="w+", dtype=np.uint8, shape=shape)
    try:
        with partial.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, partial.stat().st_size)
    except OSError as error:
        partial.unlink()
        raise CxrError(f"{partial}: {error.strerror}; {pixels.nbytes:,} bytes needed.") from error
    journal.touch()
    return pixels


def _still_true(journal: Path, files: Sequence[Path | None]) -> set[int]:
    """Rows that are done and whose file has the size and time of change it had then."""
    entries = read_journal(journal)
    last = {int(entry["row"]): (entry["file_bytes"], entry["modified_ns"]) for entry in entries}
    return {row for row, stamp in last.items() if _stamp(files[row]) == stamp}


def _stamp(path: Path | None) -> tuple[int, int] | None:
    if path is None or not path.exists():
        return None
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _decoded(
    missing: Sequence[tuple[int, Path]],
    pixels: NDArray[np.uint8],
    image: ImageSpec,
    num_workers: int,
) -> Iterator[tuple[int, Entry | DataError]]:
    """Results in order; a window of images is in flight, so no worker waits for a batch's end."""
    flying: deque[tuple[int, Future[Entry | DataError]]] = deque()
    pool = ThreadPoolExecutor(num_workers)
    try:
        for row, path in missing:
            flying.append((row, pool.submit(_decode_into, pixels, row, path, image)))
            if len(flying) >= _IN_FLIGHT * num_workers:
                first, future = flying.popleft()
                yield first, future.result()
        for row, future in flying:
            yield row, future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _decode_into(
    pixels: NDArray[np.uint8], row: int, path: Path, image: ImageSpec
) -> Entry | DataError:
    """A worker's result: all faults are collected, so one bad file does not hide the next."""
    stamp = _stamp(path)
    try:
        decoded = decode(path, image)
    except DataError as error:
        return error
    pixels[row] = decoded.pixels
    file_bytes, modified_ns = stamp or (0, 0)
    return row, decoded.width, decoded.height, file_bytes, modified_ns, decoded.sha256


def _sync(pixels: NDArray[np.uint8], journal: Path, fresh: list[Entry]) -> None:
    if not fresh:
        return
    assert isinstance(pixels, np.memmap)
    pixels.flush()
    append(journal, fresh)
    fresh.clear()


def _index(image_ids: Sequence[str], files: Sequence[Path | None], journal: Path) -> pl.DataFrame:
    last = {int(entry["row"]): entry for entry in read_journal(journal)}
    rows = [
        (row, name, last[row]["sha256"].decode(), int(last[row]["width"]), int(last[row]["height"]))
        if files[row]
        else (row, name, "", None, None)
        for row, name in enumerate(image_ids)
    ]
    return pl.DataFrame(rows, schema=IMAGES.schema, orient="row")
