"""Arrays with their hash beside them: .npy has no place for it."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.store.atomic import replacing, write_text
from core.store.parquet import file_hash


def write_array(path: Path, array: NDArray[np.generic]) -> None:
    """Write an array (.npy) and its hash atomically."""
    with replacing(path) as temporary:
        with temporary.open("wb") as file:
            np.save(file, array, allow_pickle=False)
        # Before the array takes its name: a kill leaves a hash without array, and no more.
        write_text(hash_path(path), file_hash(temporary))


def hash_path(path: Path) -> Path:
    """Where the hash of an array's file lies."""
    return path.with_suffix(".sha256")


def is_hashed(path: Path) -> bool | None:
    """Whether an array's file is what was written; None where no hash lies beside it."""
    hash_file = hash_path(path)
    return file_hash(path) == hash_file.read_text() if hash_file.exists() else None


def check_hashed(path: Path) -> None:
    """Check, once a process, that an array's file is what was written: 1 GB takes about a second.

    Raises:
        DataError: If it is not.
    """
    status = path.stat()
    if not _is_whole(path, status.st_size, status.st_mtime_ns):
        raise DataError(f"{path}: is not what was written; remove it and run again.")


@lru_cache(maxsize=256)
def _is_whole(path: Path, num_bytes: int, modified_ns: int) -> bool:
    del num_bytes, modified_ns  # only what tells one state of the file from another
    return is_hashed(path) is True
