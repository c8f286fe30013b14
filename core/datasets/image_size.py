"""Width and height of image files, from their headers alone."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

from PIL import Image

from core.errors import ConfigError, DataError

_NUM_THREADS = 8
_DICOM_MARK, _DICOM_OFFSET = b"DICM", 128


def image_sizes(paths: Sequence[Path]) -> list[tuple[int, int]]:
    """Width and height in pixels of each file.

    Raises:
        ConfigError: If a file is DICOM and pydicom is not installed.
        DataError: If a file's header cannot be read.
    """
    with ThreadPoolExecutor(_NUM_THREADS) as pool:
        return list(pool.map(_image_size, paths))


def _image_size(path: Path) -> tuple[int, int]:
    try:
        with path.open("rb") as file:
            is_dicom = file.read(_DICOM_OFFSET + 4).endswith(_DICOM_MARK)
        if is_dicom:
            return _dicom_size(path)
        with Image.open(path) as opened:
            return opened.size
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: its width and height cannot be read ({error}).") from error


def _dicom_size(path: Path) -> tuple[int, int]:
    try:
        pydicom = import_module("pydicom")
    except ImportError as error:
        raise ConfigError(
            f"{path} is a DICOM file; install its reader: pip install 'cxr-bench[dicom]'."
        ) from error
    try:
        header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["Rows", "Columns"])
        return int(header.Columns), int(header.Rows)
    except Exception as error:  # a damaged header makes pydicom raise errors of any kind
        raise DataError(f"{path}: its DICOM header has no Rows and Columns ({error}).") from error
