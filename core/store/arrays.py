"""Arrays on disk, memory-mapped."""

from pathlib import Path
from tokenize import TokenError
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError

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
