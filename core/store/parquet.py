"""Parquet tables with their schema checked and their provenance in the metadata."""

import hashlib
import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from core.errors import DataError
from core.store.atomic import replacing
from core.store.seal import BLANK, KEY, is_whole, seal
from core.tables import SCHEMA_VERSION, Table

METADATA_KEY = "cxr_bench"

_LONG_ROWS_PER_GROUP = 128
"""Rows that hold a list are long: in small groups, a few of them are read without the rest."""

_DAMAGE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError)
"""What reading a damaged file raises: a flipped bit makes polars panic, or is no UTF-8."""


def write_table(
    path: Path, table: Table, frame: pl.DataFrame, provenance: Mapping[str, object]
) -> None:
    """Check a table and write it atomically (parquet, zstd).

    Args:
        path: Where to.
        table: What it must be.
        frame: The rows.
        provenance: What it was made from; JSON values, kept in the file's metadata.

    Raises:
        DataError: If the frame breaks the table's schema or rules.
    """
    checked = table.checked(frame, path.name)
    has_lists = any(isinstance(dtype, pl.List) for dtype in table.schema.values())
    with replacing(path) as temporary:
        checked.write_parquet(
            temporary,
            compression="zstd",
            row_group_size=_LONG_ROWS_PER_GROUP if has_lists else None,
            metadata=told(table, provenance),
        )
        seal(temporary)


def told(table: Table, provenance: Mapping[str, object]) -> dict[str, str]:
    """What a table's file says of itself, with a place for its hash (`seal`)."""
    words = {
        "table": table.name,
        "version": SCHEMA_VERSION,
        "provenance": dict(provenance),
        KEY: BLANK,
    }
    return {METADATA_KEY: json.dumps(words, sort_keys=True)}


def read_table(path: Path, table: Table) -> pl.DataFrame:
    """A table as it was written.

    Raises:
        DataError: If the file is damaged, or holds another table or schema version.
    """
    with _pinned(path, table) as file:
        _check_hash(file)
        return pl.read_parquet(file).match_to_schema(table.schema)


def read_columns(path: Path, table: Table, columns: Sequence[str]) -> pl.DataFrame:
    """Some columns of a table, in the order given; the others are not decoded.

    Raises:
        DataError: If the file is damaged, or holds another table or schema version.
    """
    with _pinned(path, table) as file:
        _check_hash(file)
        return pl.read_parquet(file, columns=list(columns))


def read_rows(path: Path, table: Table, wanted: pl.Expr) -> pl.DataFrame:
    """The rows of a table that a condition on its key names; the others' values are not read.

    Nor is the hash of the whole file checked, which would read all of it.

    Raises:
        DataError: If the file is damaged, or holds another table or schema version.
    """
    with _pinned(path, table) as file:
        rows = pl.scan_parquet(file)
        places = rows.select(table.key).with_row_index("row").filter(wanted).select("row").collect()
        parts = [rows.slice(start, length).collect() for start, length in _stretches(places)]
        return pl.concat([table.empty(), *parts])


@contextmanager
def _pinned(path: Path, table: Table) -> Generator[Path, None, None]:
    """A name for the file that lies at a path now, known to hold this table.

    Polars opens a file once for its footer and again for its rows; a writer may have put another
    one in its place between. What the block raises for damage becomes one sentence.

    Raises:
        DataError: If the file is damaged, or holds another table or schema version.
    """
    try:
        with path.open("rb") as file:
            pin = Path(f"/dev/fd/{file.fileno()}")
            _provenance(pin, path, table)
            yield pin
    except _DAMAGE as error:
        raise _damaged(path, table) from error


def _check_hash(path: Path) -> None:
    if is_whole(path) is False:
        raise ValueError("it is not what was written")


def _stretches(places: pl.DataFrame) -> list[tuple[int, int]]:
    """Row numbers as stretches of neighbours: first row and length."""
    ids = (pl.col("row") - pl.int_range(pl.len(), dtype=pl.UInt32)).alias("stretch")
    return (
        places.group_by(ids, maintain_order=True)
        .agg(pl.col("row").first(), pl.len())
        .select("row", "len")
        .rows()
    )


def check_whole(path: Path, table: Table) -> None:
    """Refuse a table that is not what was written, before anything of it is decoded.

    Raises:
        DataError: If the file is missing, cut short, or differs in a bit.
    """
    try:
        _check_hash(path)
    except (OSError, ValueError) as error:
        raise _damaged(path, table) from error


def read_provenance(path: Path, table: Table) -> dict[str, object]:
    """What the file says it was made from.

    Raises:
        DataError: If the file is damaged, or holds another table or schema version.
    """
    return _provenance(path, path, table)


def _provenance(file: Path, path: Path, table: Table) -> dict[str, object]:
    try:
        ours = json.loads(pl.read_parquet_metadata(file).get(METADATA_KEY, "{}"))
    except (*_DAMAGE, RecursionError) as error:
        raise _damaged(path, table) from error
    if not isinstance(ours, dict):
        raise _damaged(path, table)
    if ours.get("table") != table.name or ours.get("version") != SCHEMA_VERSION:
        found = f"{ours.get('table', 'no cxr-bench table')} v{ours.get('version', '?')}"
        raise DataError(
            f"{path}: expected a {table.name} table of version {SCHEMA_VERSION}, found {found}; "
            "make it anew with this version of cxr."
        )
    provenance = ours.get("provenance")
    if not isinstance(provenance, dict):
        raise _damaged(path, table)
    return provenance


def table_name(path: Path) -> str:
    """Which table a file says that it holds; empty where it is none of ours.

    Raises:
        DataError: If the file is damaged.
    """
    try:
        told_by_file = json.loads(pl.read_parquet_metadata(path).get(METADATA_KEY, "{}"))
        return str(told_by_file.get("table", ""))
    except (*_DAMAGE, RecursionError, AttributeError) as error:
        raise DataError(f"{path}: this table cannot be read.") from error


def content_hash(frame: pl.DataFrame) -> str:
    """16 hex digits over a table's values, independent of how parquet encodes them."""
    return hashlib.sha256(frame.write_csv().encode()).hexdigest()[:16]


def file_hash(path: Path) -> str:
    """16 hex digits of a file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _damaged(path: Path, table: Table) -> DataError:
    if not path.exists():
        return DataError(f"{path}: there is no such {table.name} table.")
    return DataError(f"{path}: this {table.name} table cannot be read; remove it and make it anew.")
