"""GDCM in a process of its own: a damaged stream may end it, and must not end us.

Of the compressions of DICOM it alone decodes JPEG lossless, JPEG-LS and JPEG of 12 bits here.
"""

import io
import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError


class _Child(threading.local):
    """One process for each thread, so that a file that ends it fails alone."""

    def __init__(self) -> None:
        self.pool: ProcessPoolExecutor | None = None


_child = _Child()


def decode_isolated(content: bytes) -> NDArray[np.integer]:
    """The stored values of a DICOM file, [rows, columns], as GDCM decodes them.

    Raises:
        DataError: If the file ends the decoder; without the file's name.
    """
    if _child.pool is None:
        # Spawned, not forked: this process runs threads.
        context = multiprocessing.get_context("spawn")
        _child.pool = ProcessPoolExecutor(1, context, initializer=_silence)
    try:
        return _child.pool.submit(_decode, content).result()
    except BrokenProcessPool as error:
        _child.pool = None
        raise DataError("cannot be decoded as DICOM (its compressed image is damaged)") from error


def _decode(content: bytes) -> NDArray[np.integer]:
    from pydicom import dcmread
    from pydicom.pixels.utils import pixel_array

    return pixel_array(dcmread(io.BytesIO(content)), decoding_plugin="gdcm")


def _silence() -> None:
    """GDCM writes what it thinks of a stream to stderr; its errors come back as exceptions."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
