"""Which images of a half-built cache are done, so that a kill at any moment loses little."""

import os
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ENTRY = np.dtype(
    [
        ("row", "<i4"),
        ("width", "<i4"),
        ("height", "<i4"),
        ("file_bytes", "<i8"),
        ("modified_ns", "<i8"),
        ("sha256", "S64"),
        ("checksum", "<u4"),
    ]
)
"""One decoded image. `checksum` covers the fields before it: a torn entry is not believed."""

_COVERED = ENTRY.fields["checksum"][1] if ENTRY.fields else 0


def read_journal(path: Path) -> NDArray[np.void]:
    """The entries of a journal up to the first torn one, `ENTRY` [n]; none where there is no file.

    What follows the last whole entry is cut off, so that new ones can be appended.
    """
    if not path.exists():
        return np.empty(0, ENTRY)
    content = path.read_bytes()
    whole = content[: len(content) // ENTRY.itemsize * ENTRY.itemsize]
    entries = np.frombuffer(whole, ENTRY)
    good = next((k for k, entry in enumerate(entries) if not _is_whole(entry)), len(entries))
    os.truncate(path, good * ENTRY.itemsize)
    return entries[:good].copy()


def append(path: Path, entries: Iterable[tuple[int, int, int, int, int, str]]) -> None:
    """Add entries (row, width, height, file_bytes, modified_ns, sha256) and sync them to disk."""
    block = np.array([(*entry, 0) for entry in entries], ENTRY)
    for k in range(len(block)):
        block["checksum"][k] = _checksum(block[k])
    with path.open("ab") as file:
        file.write(block.tobytes())
        file.flush()
        os.fsync(file.fileno())


def _is_whole(entry: np.void) -> bool:
    return int(entry["checksum"]) == _checksum(entry)


def _checksum(entry: np.void) -> int:
    return zlib.crc32(entry.tobytes()[:_COVERED])
