"""Threads that decode image files into the rows of an array."""

import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.imaging.decode import decode
from core.imaging.files import located
from core.imaging.journal import Entry
from core.imaging.perceptual import fingerprints, to_hex
from core.specs import ImageSpec

_IN_FLIGHT = 4
"""Images a worker may be ahead: enough to keep it busy, and memory does not grow with N."""


@dataclass(frozen=True)
class Sources:
    """The image files of a data set.

    Args:
        root: Folder that they lie in, resolved.
        image_ids: N identifiers.
        paths: N paths relative to the root.
        set_aside: Which of them are in quarantine: they may fail to be decoded.
    """

    root: Path
    image_ids: Sequence[str]
    paths: Sequence[str]
    set_aside: frozenset[int] = field(default_factory=frozenset[int])


def decoded(
    rows: Sequence[int],
    sources: Sources,
    pixels: NDArray[np.uint8],
    image: ImageSpec,
    num_workers: int,
) -> Iterator[tuple[int, Entry | DataError]]:
    """Decode images into their rows of `pixels`, uint8 [N, size, size].

    Yields:
        Each row with what is known of its image, or what is wrong with its file, in order. A
        window of images is in flight, so that no worker waits for a batch's end.
    """
    flying: deque[tuple[int, Future[Entry | DataError]]] = deque()
    pool = ThreadPoolExecutor(num_workers)
    try:
        for row in rows:
            flying.append((row, pool.submit(_decode_into, pixels, row, sources, image)))
            if len(flying) >= _IN_FLIGHT * num_workers:
                first, future = flying.popleft()
                yield first, future.result()
        for row, future in flying:
            yield row, future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def stamp(path: Path) -> tuple[int, int] | None:
    """A file's length and when it was last changed, in ns; None if there is no such file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def _decode_into(
    pixels: NDArray[np.uint8], row: int, sources: Sources, image: ImageSpec
) -> Entry | DataError:
    """A worker's result: all faults are collected, so one bad file does not hide the next."""
    try:
        path = located(sources.root, sources.paths[row])
        file_bytes, modified_ns = stamp(path) or (0, 0)
        found = decode(path, image)
    except DataError as error:
        return error
    pixels[row] = found.pixels
    return Entry(
        row=row,
        width=found.width,
        height=found.height,
        file_bytes=file_bytes,
        modified_ns=modified_ns,
        sha256=found.sha256,
        scaling=found.scaling,
        perceptual_hash=to_hex(fingerprints(found.pixels[None]))[0],
        checksum=zlib.crc32(found.pixels.data),
    )
