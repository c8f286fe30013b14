"""Images without labels: files and folders that somebody wants a run's opinion on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError, Problems
from core.imaging.decode import decode
from core.progress import Progress, silent
from core.specs import ImageSpec

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".dcm", ".dicom"})
"""What counts as an image in a folder; a file that is named itself may be called anything."""


@dataclass(frozen=True, eq=False)
class Unlabelled:
    """Decoded images.

    Args:
        paths: Their files.
        pixels: uint8 [N, S, S].
        views: PA, AP or LATERAL where a DICOM header says so, else UNKNOWN.
    """

    paths: tuple[Path, ...]
    pixels: NDArray[np.uint8]
    views: tuple[str, ...]


def find_images(paths: Sequence[Path]) -> tuple[Path, ...]:
    """The files themselves, and all images below the folders, sorted; each once.

    Raises:
        DataError: If a path is not there, or a folder holds no image; names each.
    """
    problems = Problems()
    found = [file for path in paths for file in _below(path, problems)]
    problems.raise_if_any()
    return tuple(dict.fromkeys(found))


def read_images(paths: Sequence[Path], image: ImageSpec, progress: Progress = silent) -> Unlabelled:
    """Decode files as the run's own images were decoded.

    Raises:
        DataError: If files are damaged or no images; names each.
    """
    pixels = np.zeros((len(paths), image.size, image.size), np.uint8)
    views: list[str] = []
    problems = Problems()
    for row, path in enumerate(paths):
        try:
            found = decode(path, image)
            pixels[row] = found.pixels
            views.append(found.view)
        except DataError as error:
            problems.found.extend(error.problems)
        progress("decoding images", row + 1, len(paths))
    problems.raise_if_any()
    return Unlabelled(tuple(paths), pixels, tuple(views))


def _below(path: Path, problems: Problems) -> Iterator[Path]:
    if not path.is_dir():
        if not path.exists():
            problems.add(path, "there is no such file or folder.")
        yield path
        return
    images = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)
    if not images:
        problems.add(path, f"holds no image ({', '.join(sorted(SUFFIXES))}).")
    yield from images
