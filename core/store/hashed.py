"""Arrays with their hash beside them: .npy has no place for it."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

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
