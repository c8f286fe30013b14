"""DICOM radiographs to 8-bit grey; nothing but a whitelist of tags leaves this module.

pydicom and the decoders behind it come with the extra `dicom` and are imported on first use.
"""

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigError, DataError

MAX_HEADER_BYTES = 64 * 2**20
"""Longest header that is read; real ones have some kilobytes."""

_MARK, _MARK_OFFSET = b"DICM", 128
_JPEG_2000_SIZE = b"\xff\x4f\xff\x51"
_DEFLATED = "1.2.840.10008.1.2.1.99"
_JPEG_2000 = ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91")
_RUN_LENGTH = "1.2.840.10008.1.2.5"

Scaling = Literal["lookup-table", "window", "own-range"]


@dataclass(frozen=True, eq=False)
class Radiograph:
    """One DICOM image, and all that is ever kept of its header.

    Args:
        pixels: uint8 [rows, columns]; 0 is black, whatever the file's photometric was.
        rows: Height in pixels.
        columns: Width in pixels.
        photometric: MONOCHROME1 (stored inverted) or MONOCHROME2.
        scaling: How stored values became 8 bits.
        window: Centre and width that were applied, in rescaled values; None without a window.
        view_position: As the file says; empty where it does not.
    """

    pixels: NDArray[np.uint8]
    rows: int
    columns: int
    photometric: str
    scaling: Scaling
    window: tuple[float, float] | None
    view_position: str


def is_dicom(head: bytes) -> bool:
    """Whether a file's first 132 bytes or more are those of a DICOM file."""
    return head[_MARK_OFFSET : _MARK_OFFSET + len(_MARK)] == _MARK


def read_dicom(path: Path, content: bytes, max_pixels: int) -> Radiograph:
    """Decode a radiograph: rescale, then its lookup table, else its first window, else its range.

    Args:
        path: For the message.
        content: The file's bytes.
        max_pixels: Larger images are refused before they are decoded.

    Raises:
        ConfigError: If the extra `dicom` is not installed.
        DataError: If the file is damaged, no single-frame grey image, or too large.

    Source:
        DICOM PS3.3 sections C.7.6.3, C.11.1 and C.11.2.
    """
    _require_reader(path)
    try:
        header = _checked_header(path, content, max_pixels)
        import pydicom

        header = pydicom.dcmread(io.BytesIO(content))
        stored = _stored_values(header, max_pixels)
        return _radiograph(header, stored)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    except Exception as error:  # pydicom and its decoders raise nearly every type on damage
        raise DataError(f"{path}: cannot be decoded as DICOM ({_reason(error)}).") from error


def dicom_fault(path: Path, content_head: Callable[[], bytes], max_pixels: int) -> str | None:
    """Why a DICOM file cannot be used, from its header alone; None if it can."""
    _require_reader(path)
    try:
        _checked_header(path, content_head(), max_pixels)
    except DataError as error:
        return str(error).rstrip(".")
    except Exception as error:  # as above
        return f"cannot be decoded as DICOM ({_reason(error)})"
    return None


def _require_reader(path: Path) -> None:
    try:
        import pydicom.pixels  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            f"{path} is a DICOM file; install its reader: pip install 'cxr-bench[dicom]'."
        ) from error
