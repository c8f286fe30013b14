"""Finding a data set's image files, and checking that they are whole."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl

from core.datasets.reading import ROW
from core.errors import DataError, Problems
from core.imaging.decode import fault
from core.progress import Progress, silent

_NUM_THREADS = 8
_BATCH = 1024


def existing_folder(root: Path) -> Path:
    """`root`, resolved.

    Raises:
        DataError: If it is no folder, or an empty one.
    """
    if not root.is_dir():
        raise DataError(f"{root}: there is no such folder.")
    if not any(root.iterdir()):
        raise DataError(f"{root}: the folder is empty.")
    return root.resolve()


def note_faulty_files(
    problems: Problems,
    table: Path,
    root: Path,
    rows: pl.DataFrame,
    progress: Progress = silent,
) -> None:
    """Add a problem for each image file that is missing, truncated, or outside the root.

    Args:
        problems: Where to.
        table: The file that names the images, for the message.
        root: Folder that the paths are relative to.
        rows: `ROW` and `path`, null where no file was found.
        progress: Told after each batch.
    """
    numbers, paths = rows[ROW].to_list(), rows["path"].to_list()
    with ThreadPoolExecutor(_NUM_THREADS) as pool:
        for start in range(0, len(paths), _BATCH):
            batch = paths[start : start + _BATCH]
            faults = pool.map(_fault, [root] * len(batch), batch)
            for number, path, found in zip(numbers[start:], batch, faults, strict=False):
                if found:
                    problems.add(f"{table}, row {number}", f"image {path} {found}.")
            progress("checking files", start + len(batch), len(paths))


def relative_paths(root: Path, folders: Iterable[Path], pattern: str) -> dict[str, str]:
    """The files of `folders`, by name, as paths relative to `root`."""
    return {
        path.name: path.relative_to(root).as_posix()
        for folder in folders
        for path in sorted(folder.glob(pattern))
    }


def _fault(root: Path, path: str) -> str | None:
    file = root / path
    try:
        resolved = file.resolve()
    except (OSError, RuntimeError, ValueError) as error:  # loops of links, null bytes
        return f"cannot be found ({str(error).rstrip('.')})"
    if not resolved.is_relative_to(root):
        return f"lies outside {root}"
    return fault(file)
