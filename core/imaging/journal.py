"""Which images of a half-built cache are done, so that a kill at any moment loses little."""

import os
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Entry(NamedTuple):
    """One decoded image.

    Args:
        row: Of the array.
        width: Of the file's image, in pixels.
        height: Of the file's image, in pixels.
        file_bytes: Length of the file.
        modified_ns: When the file was last changed.
        sha256: Of the file's bytes, 64 hex digits.
        scaling: How stored values became 8 bits.
        perceptual_hash: Of the pixels, 64 hex digits.
        checksum: CRC-32 of the pixels.
    """

    row: int
    width: int
    height: int
    file_bytes: int
    modified_ns: int
    sha256: str
    scaling: str
    perceptual_hash: str
    checksum: int


_RECORD = np.dtype(
    [
        ("row", "<i4"),
        ("width", "<i4"),
        ("height", "<i4"),
        ("file_bytes", "<i8"),
        ("modified_ns", "<i8"),
        ("sha256", "S64"),
        ("scaling", "S64"),
        ("perceptual_hash", "S64"),
        ("checksum", "<u4"),
        ("entry_checksum", "<u4"),
    ]
)
"""An entry on disk. `entry_checksum` covers the fields before it: a torn entry is not believed."""

_COVERED = _RECORD.itemsize - 4


def read_journal(path: Path) -> list[Entry]:
    """The entries of a journal up to the first torn one; none where there is no file.

    What follows the last whole entry is cut off, so that new ones can be appended.
    """
    if not path.exists():
        return []
    content = path.read_bytes()
    whole = content[: len(content) // _RECORD.itemsize * _RECORD.itemsize]
    records = np.frombuffer(whole, _RECORD)
    good = next((k for k, each in enumerate(records) if not _is_whole(each)), len(records))
    os.truncate(path, good * _RECORD.itemsize)
    return [_entry(record) for record in records[:good]]


def append(path: Path, entries: Iterable[Entry]) -> None:
    """Add entries and sync them to disk."""
    block: NDArray[np.void] = np.array([(*entry, 0) for entry in entries], _RECORD)
    block["entry_checksum"] = [_checksum(record) for record in block]
    with path.open("ab") as file:
        file.write(block.tobytes())
        file.flush()
        os.fsync(file.fileno())


def _entry(record: np.void) -> Entry:
    fields = (field.decode() if isinstance(field, bytes) else field for field in record.item())
    return Entry._make(list(fields)[:-1])


def _is_whole(record: np.void) -> bool:
    return int(record["entry_checksum"]) == _checksum(record)


def _checksum(record: np.void) -> int:
    return zlib.crc32(record.tobytes()[:_COVERED])
