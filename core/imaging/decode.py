"""One image file to a square of uint8 grey values."""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import DataError
from core.imaging.geometry import Box, fit
from core.specs import ImageSpec

MAX_PIXELS = 100_000_000
"""Largest image that is opened; a 43 x 43 cm detector at 0.1 mm has 18.5 million."""

_ENDINGS = {b"\x89PNG\r\n\x1a\n": b"IEND\xaeB`\x82", b"\xff\xd8\xff": b"\xff\xd9"}
"""First bytes of a format and the last ones that a whole file of it has."""

_TAIL_BYTES = 64
"""Where the end mark is looked for: some writers pad their files."""


@dataclass(frozen=True, eq=False)
class Decoded:
    """One decoded image.

    Args:
        pixels: uint8 [size, size].
        sha256: Of the file's bytes, 64 hex digits.
        width: Of the file's image, in pixels.
        height: Of the file's image, in pixels.
    """

    pixels: NDArray[np.uint8]
    sha256: str
    width: int
    height: int


def decode(path: Path, image: ImageSpec) -> Decoded:
    """Read, convert to 8-bit grey and lay into a square, with an antialiased resize.

    Images of 16 bits are scaled linearly from their own minimum and maximum to 8; an alpha
    channel is dropped (some ChestX-ray14 files have one, opaque throughout); JPEGs are decoded
    at the smallest scale that is still at least the wanted size.

    Raises:
        DataError: If the file is missing, truncated, too large, or no image.
    """
    try:
        content = path.read_bytes()
        with Image.open(io.BytesIO(content)) as opened:
            width, height = opened.size
            if width * height > MAX_PIXELS:
                raise DataError(f"{path}: {width} x {height} pixels are more than {MAX_PIXELS}.")
            geometry = fit(width, height, image)
            opened.draft("L", _enough(width, height, geometry.visible, image.size))
            grey = _to_grey(opened)
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such image file.") from error
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: cannot be decoded ({_reason(error)}).") from error
    square = _lay(grey, geometry.visible, image)
    return Decoded(
        pixels=np.asarray(ImageOps.equalize(square) if image.equalise else square),
        sha256=hashlib.sha256(content).hexdigest(),
        width=width,
        height=height,
    )


def file_sha256(path: Path) -> str | None:
    """The hash of a file's bytes, 64 hex digits; None if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def fault(path: Path) -> str | None:
    """Why a file cannot be a whole PNG or JPEG, from its first and last bytes; None if it can."""
    try:
        with path.open("rb") as file:
            head = file.read(8)
            size = file.seek(0, io.SEEK_END)
            file.seek(max(0, size - _TAIL_BYTES))
            tail = file.read()
    except FileNotFoundError:
        return "there is no such image file"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    endings = [end for start, end in _ENDINGS.items() if head.startswith(start)]
    if not endings:
        return "is neither a PNG nor a JPEG file"
    return None if endings[0] in tail else "is truncated: the end of the image is missing"


def _to_grey(opened: Image.Image) -> Image.Image:
    if opened.mode.startswith(("I", "F")):
        values = np.asarray(opened, dtype=np.float64)
        low, high = values.min(), values.max()
        return Image.fromarray(np.uint8((values - low) * (255 / max(high - low, 1))))
    return opened.convert("L")


def _enough(width: int, height: int, visible: Box, size: int) -> tuple[int, int]:
    """The smallest whole image that still shows `size` pixels along the visible part's sides."""
    share_x, share_y = min(visible.width, 1.0), min(visible.height, 1.0)
    return min(width, round(size / share_x)), min(height, round(size / share_y))


def _lay(grey: Image.Image, visible: Box, image: ImageSpec) -> Image.Image:
    width, height = grey.size
    if image.geometry == "pad":
        inner = _inner_size(grey, image.size)
        square = Image.new("L", (image.size, image.size))
        corner = ((image.size - inner[0]) // 2, (image.size - inner[1]) // 2)
        square.paste(_resized(grey, inner, (0, 0, width, height)), corner)
        return square
    left, top = visible.x * width, visible.y * height
    box = (left, top, left + visible.width * width, top + visible.height * height)
    return _resized(grey, (image.size, image.size), box)


def _inner_size(grey: Image.Image, size: int) -> tuple[int, int]:
    longest = max(grey.size)
    return round(grey.width / longest * size), round(grey.height / longest * size)


def _resized(
    grey: Image.Image, size: tuple[int, int], box: tuple[float, float, float, float]
) -> Image.Image:
    return grey.resize(size, Image.Resampling.BILINEAR, box=box, reducing_gap=3.0)


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "it is no image that Pillow knows"
    return str(error).rstrip(".") or type(error).__name__
