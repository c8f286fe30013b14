"""Reading other people's CSV files strictly: every cell a string, every fault with its row."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from core.datasets.csv_text import note_ragged_rows, other_separator, quoted_rows, read_text
from core.errors import DataError, Problems

HEADER_ROWS = 1
ROW = "file_row"
"""Column that holds each row's number in the file, as a spreadsheet shows it."""

_TWICE = "_duplicated_0"
"""What polars adds to the name of a column that it meets for the second time."""


def read_csv(
    path: Path, required: Iterable[str], header: Iterable[str] | None = None
) -> pl.DataFrame:
    """A CSV as strings, blank cells null, with its row numbers in `ROW`; blank lines are left out.

    Args:
        path: The file; may be gzipped.
        required: Columns that must be there.
        header: Names of the first columns, in the place of the file's own header line.

    Raises:
        DataError: If the file is missing, empty, not UTF-8, ragged, or lacks a column, has one
            twice or one called `ROW`; names every ragged row.
    """
    content = read_text(path)
    names = None if header is None else list(header)
    problems = Problems()
    note_ragged_rows(problems, path, content, num_cells=None if names is None else len(names))
    problems.raise_if_any()
    frame = _parsed(path, content, names)
    _check_columns(path, frame, required)
    stripped = frame.with_columns(pl.all().str.strip_chars().replace("", None))
    numbered = stripped.with_row_index(ROW, offset=HEADER_ROWS + 1)
    rows = numbered.filter(~pl.all_horizontal(pl.exclude(ROW).is_null()))
    if rows.is_empty():
        raise DataError(f"{path}: the table has no rows.")
    return rows


def _parsed(path: Path, content: bytes, names: list[str] | None) -> pl.DataFrame:
    try:
        return pl.read_csv(
            content,
            infer_schema=False,
            has_header=names is None,
            skip_rows=0 if names is None else HEADER_ROWS,
            new_columns=names,
            extra_columns="raise" if names is None else "ignore",
        )
    except pl.exceptions.NoDataError as error:
        raise DataError(f"{path}: the table has no rows.") from error
    except pl.exceptions.PolarsError as error:
        row = next(quoted_rows(content), None)
        where = path if row is None else f"{path}, row {row}"
        reason = str(error).splitlines()[0].rstrip(".")
        raise DataError(
            f"{where}: is no CSV; quote cells with quotation marks inside ({reason})."
        ) from error


def _check_columns(path: Path, frame: pl.DataFrame, required: Iterable[str]) -> None:
    separator = other_separator(frame.columns)
    if separator:
        raise DataError(f"{path}: its cells are separated by {separator}; save it with commas.")
    twice = [name.removesuffix(_TWICE) for name in frame.columns if name.endswith(_TWICE)]
    if named := [name for name in twice if name]:
        raise DataError(f"{path}: column {', '.join(named)} is given more than once; remove one.")
    check_row_column(path, frame)
    missing = [name for name in required if name not in frame.columns]
    if missing:
        raise DataError(
            f"{path}: column {', '.join(missing)} is missing; found {', '.join(frame.columns)}."
        )


def check_row_column(path: Path, frame: pl.DataFrame) -> None:
    """Check that the numbers of the rows may be called `ROW`.

    Raises:
        DataError: If the file has a column of that name.
    """
    if ROW in frame.columns:
        raise DataError(f"{path}: column {ROW} has the name of the rows' numbers here; rename it.")


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


def note_duplicates(problems: Problems, path: Path, frame: pl.DataFrame, *columns: str) -> None:
    """Add a problem for each value of `columns`, taken together, that stands in several rows."""
    twice = (
        frame.group_by(columns, maintain_order=True)
        .agg(pl.col(ROW))
        .filter(pl.col(ROW).list.len() > 1)
    )
    for *values, rows in twice.iter_rows():
        numbers = ", ".join(str(row) for row in rows)
        told = ", ".join(map(repr, values))
        where = f"{path}, rows {numbers}"
        problems.add(where, f"{', '.join(columns)} {told} is given more than once.")


def read_lines(path: Path) -> list[str]:
    """The lines of a text file that are not blank.

    Raises:
        DataError: If the file is missing, empty, unreadable or not UTF-8.
    """
    return [line for each in read_text(path).decode().splitlines() if (line := each.strip())]
