"""The bytes of a CSV file before they are parsed: encoding, line ends, quoting, cells a row."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from core.errors import DataError, Problems

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_UTF8_MARK = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"
_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
MAX_BYTES = 1 << 31
"""Longest text that is read, unzipped: a small file may unzip to more than the memory holds."""

_MAX_CELL_BYTES = 1 << 27


def read_text(path: Path) -> bytes:
    """A text file's bytes, unzipped, without a byte order mark, known to be UTF-8.

    Raises:
        DataError: If it is missing, a folder, unreadable, empty, of another encoding, holds NUL
            bytes, or has lines that end in carriage returns alone.
    """
    content = _content(path).removeprefix(_UTF8_MARK)
    if not content.strip():
        raise DataError(f"{path}: the file is empty.")
    if content.startswith(_UTF16):
        raise DataError(f"{path}: is UTF-16; save it as UTF-8.")
    if b"\0" in content:
        row = _row_of(content, content.index(b"\0"))
        raise DataError(f"{path}, row {row}: holds a NUL byte; save it as text in UTF-8.")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        byte, row = content[error.start], _row_of(content, error.start)
        raise DataError(
            f"{path}, row {row}: byte 0x{byte:02x} is not UTF-8; save the file as UTF-8."
        ) from error
    if b"\r" in content and b"\n" not in content:
        raise DataError(f"{path}: its lines end in carriage returns alone; save it with newlines.")
    return content


def _content(path: Path) -> bytes:
    if path.is_dir():
        raise DataError(f"{path}: is a folder, not a file.")
    if not path.is_file():
        raise DataError(f"{path}: there is no such file.")
    try:
        with _opened(path) as file:
            content = file.read(MAX_BYTES + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: is no whole gzip file ({error}); get it anew.") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}).") from error
    if len(content) > MAX_BYTES:
        raise DataError(f"{path}: holds more than the {MAX_BYTES:,} bytes that are read; split it.")
    return content


def _opened(path: Path) -> BinaryIO:
    """The file, unzipped where its first bytes say that it is zipped."""
    with path.open("rb") as file:
        is_zipped = file.read(len(_GZIP)) == _GZIP
    return cast(BinaryIO, gzip.open(path)) if is_zipped else path.open("rb")


def _row_of(content: bytes, position: int) -> int:
    return content.count(b"\n", 0, position) + 1


def note_ragged_rows(
    problems: Problems, path: Path, content: bytes, num_cells: int | None = None
) -> None:
    """Add a problem for each row that has not as many cells as the header, and for bad quoting.

    Args:
        problems: Where to.
        path: The file, for the message.
        content: Its bytes, as `read_text` gives them.
        num_cells: How many cells a row must have at least, where the header does not say.
    """
    rows = _rows(content)
    number = 1
    try:
        header = next(rows)
        if not header:
            problems.add(f"{path}, row 1", "is blank; the header must come first.")
            return
        for number, row in enumerate(rows, 2):
            if num_cells is None and row and len(row) != len(header):
                problems.add(
                    f"{path}, row {number}", f"has {len(row)} cells, the header {len(header)}."
                )
            elif num_cells is not None and 0 < len(row) < num_cells:
                problems.add(f"{path}, row {number}", f"has {len(row)} cells, not {num_cells}.")
    except csv.Error as error:
        where = f"{path}, row {number + 1}"
        problems.add(where, f"its quotation marks do not match ({error}).")


def header_of(path: Path) -> list[str]:
    """The cells of a table's first line; none where it is no text."""
    try:
        with _opened(path) as file:
            line = file.readline(_MAX_CELL_BYTES)
        return next(_rows(line.removeprefix(_UTF8_MARK)), [])
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error):
        return []


def quoted_rows(content: bytes) -> Iterator[int]:
    """Numbers of the rows with a quotation mark inside a cell, where some parsers stop."""
    for number, row in enumerate(_rows(content), 1):
        if any('"' in cell for cell in row):
            yield number


def other_separator(header: list[str]) -> str | None:
    """What separates the cells of a header that is no comma: "semicolons"; None if nothing does."""
    if len(header) != 1:
        return None
    return next((name for mark, name in _OTHER_SEPARATORS.items() if mark in header[0]), None)


def _rows(content: bytes) -> Iterator[list[str]]:
    csv.field_size_limit(_MAX_CELL_BYTES)
    return csv.reader(io.TextIOWrapper(io.BytesIO(content), "utf-8", newline=""), strict=True)
