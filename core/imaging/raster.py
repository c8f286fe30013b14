"""PNG and JPEG files to 8-bit grey."""

import io
import struct
import warnings
import zlib
from collections.abc import Mapping

import numpy as np
from PIL import ExifTags, Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from core.errors import DataError
from core.imaging.files import is_png
from core.imaging.geometry import fit
from core.imaging.grey import AS_STORED, OWN_RANGE, Grey, check_size, scaled_to_8_bits
from core.imaging.png import whole_png
from core.specs import ImageSpec

_Opened = PngImageFile | JpegImageFile

DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error)
"""What decoding a damaged file raises."""

_UPRIGHT = 1
_TURNS: Mapping[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation to what makes the image upright (EXIF 2.32, tag 0x0112)."""


def read_raster(content: bytes, image: ImageSpec) -> Grey:
    """Decode a PNG or JPEG.

    Images of 16 bits are scaled linearly from their own minimum and maximum to 8. An alpha
    channel or a transparent colour is dropped (some ChestX-ray14 files have one, opaque
    throughout). An EXIF orientation is applied, as every viewer does. JPEGs are decoded at the
    smallest scale that is still at least the wanted size.

    Raises:
        DataError: If the content is damaged, or no size for a radiograph; without the file's
            name.
    """
    try:
        stream = whole_png(content) if is_png(content) else content
        # Not Image.open, which warns of sizes on its own terms, from whichever thread it is in.
        opened = (PngImageFile if is_png(content) else JpegImageFile)(io.BytesIO(stream))
        width, height = opened.size
        check_size(width, height)
        turn = _TURNS.get(_orientation(opened))
        extent = _reduced(opened, image) if turn is None else None
        # All at once: in the usual pieces of 64 kB threads would wait for one another.
        opened.decodermaxblock = len(stream)
        opened.load()
    except DAMAGE as error:
        raise DataError(f"cannot be decoded ({_reason(error)})") from error
    grey, scaling = _grey_of(opened)
    if turn is None:
        return Grey(grey, width, height, extent or (width, height), scaling)
    upright = grey.transpose(turn)
    return Grey(upright, *upright.size, upright.size, scaling)


def _orientation(opened: _Opened) -> int:
    if "exif" not in opened.info:
        return _UPRIGHT
    # It warns of damage in tags that are not used here, from whichever thread it is in.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    return opened.getexif().get(ExifTags.Base.Orientation, _UPRIGHT)


def _reduced(opened: _Opened, image: ImageSpec) -> tuple[float, float] | None:
    """Ask a JPEG for a smaller scale; what the whole image then measures."""
    visible = fit(*opened.size, image).visible
    wide = round(image.size / min(visible.width, 1.0))
    high = round(image.size / min(visible.height, 1.0))
    drafted = opened.draft("L", (min(opened.width, wide), min(opened.height, high)))
    return None if drafted is None else drafted[1][2:]


def _grey_of(opened: _Opened) -> tuple[Image.Image, str]:
    if opened.mode.startswith("I"):
        values = np.asarray(opened, np.float32)
        pixels = scaled_to_8_bits(values, float(values.min()), float(values.max()))
        return Image.fromarray(pixels), OWN_RANGE
    opened.info.pop("transparency", None)
    return (opened if opened.mode == "L" else opened.convert("L")), AS_STORED


def _reason(error: Exception) -> str:
    if isinstance(error, struct.error | EOFError | IndexError):
        return "the file ends too early"
    return str(error).rstrip(".") or type(error).__name__
