"""Finding a data set's image files, and checking that they are whole."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import polars as pl

from core.datasets.reading import ROW
from core.datasets.request import IndexRequest
from core.errors import DataError, Problems
from core.imaging.files import fault, located

_NUM_THREADS = 8
_BATCH = 1024

FAULT = "fault"
"""Column of `with_faults`: why the image's file cannot be used; null where it can."""


class _Fault(NamedTuple):
    """What is wrong with a file, what to do, and whether its image may be set aside for it."""

    sentence: str
    remedy: str
    damaged: bool = True


def existing_folder(root: Path) -> Path:
    """`root`, resolved.

    Raises:
        DataError: If it is no folder, an empty one, or one that may not be read.
    """
    if not root.is_dir():
        raise DataError(f"{root}: there is no such folder.")
    try:
        if not any(root.iterdir()):
            raise DataError(f"{root}: the folder is empty.")
    except OSError as error:
        raise DataError(f"{root}: the folder cannot be read ({error.strerror}).") from error
    return root.resolve()


def with_faults(
    problems: Problems, table: Path, root: Path, rows: pl.DataFrame, request: IndexRequest
) -> pl.DataFrame:
    """`rows` with `FAULT`, all null where no image is looked at.

    Every fault is a problem too, unless damaged files are set aside. A path that leads out of the
    root is one in any case: such a file is never opened.

    Args:
        problems: Where to.
        table: The file that names the images, for the message.
        root: Folder that the paths are relative to.
        rows: `ROW` and `path`, null where no file was found.
        request: Whether files are looked at and damaged ones set aside, and who is told.
    """
    if request.tables_only:
        return rows.with_columns(pl.lit(None, pl.String).alias(FAULT))
    faults = [
        None if found is None else f"{path} {found.sentence.partition('; ')[0]}"
        for path, found in _noted(problems, table, root, rows, request)
    ]
    return rows.with_columns(pl.Series(FAULT, faults, pl.String))


def _noted(
    problems: Problems, table: Path, root: Path, rows: pl.DataFrame, request: IndexRequest
) -> Iterable[tuple[str | None, _Fault | None]]:
    numbers, paths = rows[ROW].to_list(), rows["path"].to_list()
    with ThreadPoolExecutor(_NUM_THREADS) as pool:
        for start in range(0, len(paths), _BATCH):
            batch = paths[start : start + _BATCH]
            faults = pool.map(_fault, [root] * len(batch), batch)
            for number, path, found in zip(numbers[start:], batch, faults, strict=False):
                if found and not (found.damaged and request.quarantine):
                    where = f"{table}, row {number}"
                    problems.add(where, f"image {path} {found.sentence}{found.remedy}.")
                yield path, found
            request.progress("checking files", start + len(batch), len(paths))


def relative_paths(
    problems: Problems, root: Path, folders: Iterable[Path], pattern: str
) -> dict[str, str]:
    """The files of `folders`, by name, as paths relative to `root`.

    Args:
        problems: Where files of one name in two folders are noted.
        root: The data set's folder.
        folders: Where to look; not in the folders inside them.
        pattern: Of the files' names.
    """
    found: dict[str, str] = {}
    for folder in folders:
        for path in sorted(folder.glob(pattern)):
            relative = path.relative_to(root).as_posix()
            other = found.setdefault(path.name, relative)
            if other != relative:
                problems.add(root, f"{other} and {relative} have one name; remove one of them.")
    return found


def _fault(root: Path, path: str | None) -> _Fault | None:
    if path is None:
        return None
    try:
        file = located(root, path)
    except DataError:
        remedy = "move it there, or index the folder above"
        return _Fault(f"lies outside {root}", f"; {remedy}", damaged=False)
    found = fault(file)
    if found is None:
        return None
    advice = "" if "; " in found else "; get it anew"
    return _Fault(found, f"{advice}, or set it aside with --quarantine")
