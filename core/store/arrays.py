"""Arrays on disk: memory-mapped, and kept part by part while they are computed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.store.hashed import is_hashed, write_array

Scalar = TypeVar("Scalar", bound=np.generic)


def memory_map(path: Path, scalar: type[Scalar]) -> NDArray[Scalar]:
    """A stored array (.npy) whose header and length are whole.

    Raises:
        DataError: If the file is missing, damaged or of another type.
    """
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError, SyntaxError, TokenError) as error:
        raise DataError(f"{path}: cannot be read; remove it and run again.") from error
    if array.dtype != scalar or not array.flags.c_contiguous:
        raise DataError(f"{path}: holds {array.dtype}; remove it and run again.")
    if array.offset + array.nbytes != path.stat().st_size:
        raise DataError(f"{path}: is longer than it says; remove it and run again.")
    return array


@dataclass(frozen=True)
class ArrayParts:
    """The first rows of an array that is being computed, in files beside the one it will have.

    Several processes may compute the same array: each keeps the same parts.

    Args:
        path: The whole array's.
    """

    path: Path

    def kept(self) -> NDArray[np.float32] | None:
        """The rows from 0 up to the first part that is missing or damaged; None where none are."""
        parts = list(self._whole())
        return np.concatenate(parts) if parts else None

    def keep(self, start: int, rows: NDArray[np.float32]) -> None:
        """Keep the rows from `start` on."""
        write_array(self._part(start), rows)

    def remove(self) -> None:
        """Forget the parts, once the array has its own file; also a hash whose part never came."""
        for path in self.path.parent.glob(f"{self.path.stem}.part-*"):
            path.unlink(missing_ok=True)

    def _whole(self) -> Iterator[NDArray[np.float32]]:
        start = 0
        while (path := self._part(start)).exists() and is_hashed(path):
            part = memory_map(path, np.float32)
            yield part
            start += len(part)

    def _part(self, start: int) -> Path:
        return self.path.with_suffix(f".part-{start:09}.npy")
