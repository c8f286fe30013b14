"""DICOM radiographs to 8-bit grey; nothing but a whitelist of tags leaves this module.

pydicom and the decoders behind it come with the extra `dicom` and are imported on first use.
"""

import importlib
import io
import struct
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.imaging.dicom_header import DicomHeader, kept_of
from core.imaging.files import HEAD_BYTES
from core.imaging.grey import OWN_RANGE, check_size, scaled_to_8_bits
from core.imaging.isolated import decode_isolated

LOOKUP_TABLE = "lookup table"

_PACKAGES = ("pydicom", "pylibjpeg", "openjpeg", "gdcm")
_PLUGINS: Mapping[str, str] = {
    "1.2.840.10008.1.2.5": "pydicom",
    "1.2.840.10008.1.2.4.50": "pillow",
    "1.2.840.10008.1.2.4.90": "pylibjpeg",
    "1.2.840.10008.1.2.4.91": "pylibjpeg",
    "1.2.840.10008.1.2.4.201": "pylibjpeg",
    "1.2.840.10008.1.2.4.202": "pylibjpeg",
    "1.2.840.10008.1.2.4.203": "pylibjpeg",
}
"""Transfer syntax to who decompresses it: run lengths, JPEG of 8 bits, JPEG 2000 and its
high-throughput kind; GDCM takes the rest."""

_DEFLATED = "1.2.840.10008.1.2.1.99"
_REQUIRED = (
    "PixelData",
    "Rows",
    "Columns",
    "PhotometricInterpretation",
    "SamplesPerPixel",
    "BitsAllocated",
)
_GREY = ("MONOCHROME1", "MONOCHROME2")
_MAX_BITS = 16
_MIN_TABLE_BITS = 10  # pydicom misreads shorter entries that stand in words
_META_GROUP = 2
_SIZE_MARKER, _SIZE_OFFSET = b"\xff\x4f\xff\x51", 8
"""Start of a JPEG 2000 stream; its width, height and their offsets begin 8 bytes on."""


@dataclass(frozen=True, eq=False)
class Radiograph:
    """One DICOM image.

    Args:
        pixels: uint8 [rows, columns]; 0 is black, however the file stores it.
        header: What is kept of its tags.
    """

    pixels: NDArray[np.uint8]
    header: DicomHeader


def read_dicom(content: bytes) -> Radiograph:
    """Decode a radiograph: rescale, then its lookup table, else its first window, else its range.

    Args:
        content: The file's bytes.

    Raises:
        DataError: If the content is damaged, no grey image of one frame, or no size for a
            radiograph; without the file's name.
        ModuleNotFoundError: If the extra `dicom` is not installed.

    Source:
        DICOM PS3.3, sections C.7.6.3.1, C.11.1 and C.11.2.
    """
    for package in _PACKAGES:
        importlib.import_module(package)
    # It warns of odd values in tags that are not used here, from whichever thread it is in.
    warnings.filterwarnings("ignore", module="pydicom")
    try:
        return _read(content)
    except DataError:
        raise
    except Exception as error:  # damage makes pydicom and its decoders raise errors of any kind
        raise DataError(f"cannot be decoded as DICOM ({_reason(error)})") from error


def _read(content: bytes) -> Radiograph:
    from pydicom import dcmread

    _check_is_bounded(content)
    tags = dcmread(io.BytesIO(content))
    _check_is_radiograph(tags)
    stored = _stored(tags, content)
    limits = np.iinfo(stored.dtype)
    places = stored.astype(np.intp) - limits.min
    possible = np.arange(limits.min, limits.max + 1)
    present = np.bincount(places.ravel(), minlength=len(possible)) > 0
    table, scaling = _to_8_bits(tags, possible, present)
    return Radiograph(table[places], kept_of(tags, scaling))


def _check_is_bounded(content: bytes) -> None:
    """Refuse a deflated data set before it is inflated; the group that says so never is."""
    from pydicom.filereader import read_dataset

    after_mark = io.BytesIO(content[HEAD_BYTES:])

    def is_over(tag: int, vr: str | None, length: int) -> bool:
        return tag >> 16 != _META_GROUP

    meta = read_dataset(after_mark, False, True, stop_when=is_over)
    if meta.TransferSyntaxUID == _DEFLATED:
        raise DataError("is a deflated DICOM file, which may inflate without bound; store it plain")


def _check_is_radiograph(tags: Any) -> None:  # noqa: ANN401 (pydicom's tags have no types)
    missing = [name for name in _REQUIRED if tags.get(name) is None]
    if missing:
        raise DataError(f"is a DICOM file without {', '.join(missing)}")
    num_frames = int(tags.get("NumberOfFrames") or 1)
    if num_frames != 1:
        raise DataError(f"holds {num_frames} frames; a radiograph has one")
    photometric = str(tags.PhotometricInterpretation)
    if photometric not in _GREY or tags.SamplesPerPixel != 1:
        raise DataError(f"is in colour ({photometric}), as screenshots are; radiographs are grey")
    if tags.BitsAllocated > _MAX_BITS:
        raise DataError(f"has {tags.BitsAllocated} bits a pixel, over {_MAX_BITS}: no radiograph")
    check_size(int(tags.Columns), int(tags.Rows))


def _stored(tags: Any, content: bytes) -> NDArray[np.integer]:  # noqa: ANN401
    """Stored values, [rows, columns]."""
    from pydicom.pixels.utils import pixel_array

    syntax = tags.file_meta.TransferSyntaxUID
    if not syntax.is_compressed:
        return pixel_array(tags)
    plugin = _PLUGINS.get(syntax, "gdcm")
    if plugin == "gdcm":
        return decode_isolated(content)
    if plugin == "pylibjpeg":
        _check_coded_size(tags)
    return pixel_array(tags, decoding_plugin=plugin)


def _check_coded_size(tags: Any) -> None:  # noqa: ANN401
    """Refuse a JPEG 2000 stream that would decode to more than the header was checked for."""
    start = tags.PixelData.find(_SIZE_MARKER) + _SIZE_OFFSET
    wide, high, left, top = struct.unpack_from(">4I", tags.PixelData, start)
    if (wide - left, high - top) != (tags.Columns, tags.Rows):
        raise DataError(
            f"claims {tags.Columns} x {tags.Rows} pixels, and its JPEG 2000 stream has "
            f"{wide - left} x {high - top}"
        )


def _to_8_bits(
    tags: Any,  # noqa: ANN401
    possible: NDArray[np.integer],
    present: NDArray[np.bool_],
) -> tuple[NDArray[np.uint8], str]:
    """What each possible value becomes, uint8 [n], and by which rule; `present` ones are used."""
    from pydicom.pixels.processing import apply_modality_lut, apply_voi, apply_windowing

    rescaled = apply_modality_lut(possible, tags)
    inverted = tags.PhotometricInterpretation == "MONOCHROME1"
    if tags.get("VOILUTSequence"):
        num_bits = tags.VOILUTSequence[0].LUTDescriptor[2]
        if num_bits < _MIN_TABLE_BITS:
            raise DataError(f"has a lookup table of {num_bits} bits, which is not read")
        highest = 2**num_bits - 1
        shown = apply_voi(rescaled.astype(np.int64), tags)
        return scaled_to_8_bits(shown, 0, highest, inverted), LOOKUP_TABLE
    if tags.get("WindowWidth") is not None and tags.get("WindowCenter") is not None:
        low, high = apply_windowing(np.array([-np.inf, np.inf]), tags)
        shown = apply_windowing(rescaled, tags)
        return scaled_to_8_bits(shown, low, high, inverted), _window(tags)
    used = rescaled[present]
    return scaled_to_8_bits(rescaled, used.min(), used.max(), inverted), OWN_RANGE


def _window(tags: Any) -> str:  # noqa: ANN401
    centre, width = (
        np.atleast_1d(np.asarray(tags.get(name), np.float64))[0]
        for name in ("WindowCenter", "WindowWidth")
    )
    function = str(tags.get("VOILUTFunction") or "LINEAR")
    return f"window {centre:g}/{width:g}" + f" {function}" * (function != "LINEAR")


def _reason(error: Exception) -> str:
    first = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}".strip(" .:")
