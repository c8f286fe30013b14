"""Reading other people's CSV files strictly: every cell a string, every fault with its row."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from core.errors import DataError, Problems

HEADER_ROWS = 1
ROW = "file_row"
"""Column that holds each row's number in the file, as a spreadsheet shows it."""

_TWICE = "_duplicated_0"
"""What polars adds to the name of a column that it meets for the second time."""


def read_csv(
    path: Path, required: Iterable[str], header: Iterable[str] | None = None
) -> pl.DataFrame:
    """A CSV as strings, blank cells null, with its row numbers in `ROW`.

    Args:
        path: The file; may be gzipped.
        required: Columns that must be there.
        header: Names of the first columns, in the place of the file's own header line.

    Raises:
        DataError: If the file is missing, empty, not UTF-8, ragged, or lacks a column or has one
            twice.
    """
    if not path.is_file():
        raise DataError(f"{path}: there is no such file.")
    try:
        frame = pl.read_csv(
            path,
            infer_schema=False,
            has_header=header is None,
            skip_rows=0 if header is None else HEADER_ROWS,
            new_columns=None if header is None else list(header),
            extra_columns="raise" if header is None else "ignore",
            glob=False,
        )
    except pl.exceptions.NoDataError as error:
        raise DataError(f"{path}: the file is empty.") from error
    except pl.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise DataError(f"{path}: is no CSV file in UTF-8 ({reason}).") from error
    twice = [name.removesuffix(_TWICE) for name in frame.columns if name.endswith(_TWICE)]
    if named := [name for name in twice if name]:
        raise DataError(f"{path}: column {', '.join(named)} is given more than once; remove one.")
    missing = [name for name in required if name not in frame.columns]
    if missing:
        raise DataError(
            f"{path}: column {', '.join(missing)} is missing; found {', '.join(frame.columns)}."
        )
    if frame.is_empty():
        raise DataError(f"{path}: the table has no rows.")
    stripped = frame.with_columns(pl.all().str.strip_chars().replace("", None))
    return stripped.with_row_index(ROW, offset=HEADER_ROWS + 1)


def note_rows(
    problems: Problems, path: Path, frame: pl.DataFrame, broken: pl.Expr, sentence: str
) -> None:
    """Add a problem for each row where `broken` holds.

    Args:
        problems: Where to.
        path: The file, for the message.
        frame: Rows with their `ROW`.
        broken: True where the row is wrong.
        sentence: What is wrong, with the row's cells as {column}.
    """
    for row in frame.filter(broken).iter_rows(named=True):
        problems.add(f"{path}, row {row[ROW]}", sentence.format(**row))


def note_duplicates(problems: Problems, path: Path, frame: pl.DataFrame, column: str) -> None:
    """Add a problem for each value of `column` that stands in more than one row."""
    twice = (
        frame.group_by(column, maintain_order=True)
        .agg(pl.col(ROW))
        .filter(pl.col(ROW).list.len() > 1)
    )
    for value, rows in twice.iter_rows():
        numbers = ", ".join(str(row) for row in rows)
        problems.add(f"{path}, rows {numbers}", f"{column} {value!r} is given more than once.")


def read_lines(path: Path) -> list[str]:
    """The lines of a text file that are not blank.

    Raises:
        DataError: If the file is missing or not UTF-8.
    """
    try:
        return [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is no text file in UTF-8.") from error
