"""One image file to a square of uint8 grey values."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from core.errors import DataError
from core.imaging.dicom import read_dicom
from core.imaging.files import is_dicom, read
from core.imaging.geometry import fit
from core.imaging.grey import Grey
from core.imaging.raster import read_raster
from core.specs import ImageSpec


@dataclass(frozen=True, eq=False)
class Decoded:
    """One decoded image.

    Args:
        pixels: uint8 [size, size].
        sha256: Of the file's bytes, 64 hex digits.
        width: Of the file's image, upright, in pixels.
        height: Of the file's image, upright, in pixels.
        scaling: How stored values became 8 bits (see `Grey`).
        view: PA, AP or LATERAL where a DICOM header says so, else UNKNOWN.
    """

    pixels: NDArray[np.uint8]
    sha256: str
    width: int
    height: int
    scaling: str
    view: str


def decode(path: Path, image: ImageSpec) -> Decoded:
    """Read, convert to 8-bit grey and lay into a square, with an antialiased resize.

    What a file is its first bytes say, and not its name: PNG, JPEG or DICOM.

    Raises:
        DataError: If there is no such file, or it is truncated, damaged, too large, too small
            or none of these formats.
        ModuleNotFoundError: If it is DICOM and the extra `dicom` is not installed.
    """
    content = read(path)
    try:
        grey = _grey(content, image)
    except DataError as error:
        raise DataError(f"{path}: {error}; get it anew, or set it aside.") from error
    return Decoded(
        pixels=np.asarray(_lay(grey, image)),
        sha256=hashlib.sha256(content).hexdigest(),
        width=grey.width,
        height=grey.height,
        scaling=grey.scaling,
        view=grey.view,
    )


def _grey(content: bytes, image: ImageSpec) -> Grey:
    if not is_dicom(content):
        return read_raster(content, image)
    radiograph = read_dicom(content)
    whole, header = Image.fromarray(radiograph.pixels), radiograph.header
    return Grey(whole, *whole.size, whole.size, header.scaling, header.view)


def _lay(grey: Grey, image: ImageSpec) -> Image.Image:
    wide, high = grey.extent
    geometry = fit(grey.width, grey.height, image)
    if image.geometry == "pad":
        inner = round(geometry.scale_x * image.size), round(geometry.scale_y * image.size)
        corner = round(geometry.offset_x * image.size), round(geometry.offset_y * image.size)
        square = Image.new("L", (image.size, image.size))
        # Equalised before it is laid between the bands, whose black is none of its greys.
        square.paste(_toned(_resized(grey.image, inner, (0, 0, wide, high)), image), corner)
        return square
    visible = geometry.visible
    left, top = visible.x * wide, visible.y * high
    box = (left, top, left + visible.width * wide, top + visible.height * high)
    return _toned(_resized(grey.image, (image.size, image.size), box), image)


def _resized(
    grey: Image.Image, size: tuple[int, int], box: tuple[float, float, float, float]
) -> Image.Image:
    return grey.resize(size, Image.Resampling.BILINEAR, box=box, reducing_gap=3.0)


def _toned(grey: Image.Image, image: ImageSpec) -> Image.Image:
    return ImageOps.equalize(grey) if image.equalise else grey
