"""Where MIMIC-CXR-JPG's tables lie: by their names and, where names differ, by their columns."""

from pathlib import Path

from core.datasets.csv_text import header_of
from core.datasets.mimic_labels import LabelSource
from core.errors import DataError


def either(root: Path, file: str) -> Path:
    """The file, or its gzipped form where there is only that."""
    plain, gzipped = root / file, root / f"{file}.gz"
    return gzipped if gzipped.exists() and not plain.exists() else plain


def label_tables(
    root: Path, source: LabelSource, given: str | None
) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """The files of a label source, and a note where one was found by its columns.

    Looked for: the file that the user names; the source's files by name, in the root or in a
    folder of it; and then the one table that has the source's columns.

    Raises:
        DataError: If there is no such table, or more than one could be meant.
    """
    if given:
        return (root / given,), ()
    named = tuple(path for file in source.files if (path := _in_folders(root, file)))
    if named or not source.by_columns:
        return named or (root / source.files[0],), ()
    fitting = [path for path in _tables(root) if _fits(path, source)]
    if len(fitting) == 1:
        return tuple(fitting), (f"Labels are from {fitting[0].name}, known by its columns.",)
    if fitting:
        names = ", ".join(str(path.relative_to(root)) for path in fitting)
        raise DataError(f"{root}: {names} all have the columns; choose one with --labels FILE.")
    raise DataError(
        f"{root / source.files[0]}: there is no such file, and no other table here has the "
        f"columns {', '.join((source.key_column, *source.columns))}; name it with --labels FILE."
    )


def _in_folders(root: Path, file: str) -> Path | None:
    folders = (root, *sorted(path for path in root.iterdir() if path.is_dir()))
    return next((path for folder in folders if (path := either(folder, file)).exists()), None)


def _tables(root: Path) -> list[Path]:
    patterns = ("*.csv", "*.csv.gz", "*/*.csv", "*/*.csv.gz")
    return sorted(path for pattern in patterns for path in root.glob(pattern))


def _fits(path: Path, source: LabelSource) -> bool:
    return {source.key_column, *source.columns} <= set(header_of(path))
