"""Width and height of image files, from their headers alone."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from core.errors import DataError
from core.imaging.files import HEAD_BYTES, is_dicom
from core.imaging.raster import DAMAGE

_NUM_THREADS = 8


class ImageSize(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int


def image_sizes(paths: Sequence[Path]) -> list[ImageSize | str]:
    """Width and height of each file, or why its header does not tell them.

    Raises:
        ModuleNotFoundError: If a file is DICOM and pydicom (extra `dicom`) is not installed.
    """
    with ThreadPoolExecutor(_NUM_THREADS) as pool:
        return list(pool.map(_image_size, paths))


def _image_size(path: Path) -> ImageSize | str:
    """A worker's result: all faults are collected, so one bad file does not hide the next."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        if is_dicom(head):
            return _dicom_size(path)
        with Image.open(path) as opened:
            return ImageSize(*opened.size)
    except (*DAMAGE, DataError, Image.DecompressionBombError) as error:
        return f"has no width and height that can be read ({str(error).rstrip('.')})"


def _dicom_size(path: Path) -> ImageSize:
    from pydicom import dcmread

    try:
        header = dcmread(path, stop_before_pixels=True, specific_tags=["Rows", "Columns"])
        return ImageSize(int(header.Columns), int(header.Rows))
    except Exception as error:  # a damaged header makes pydicom raise errors of any kind
        raise DataError(f"no Rows and Columns in its DICOM header: {error}") from error
