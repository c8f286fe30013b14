"""Parquet tables with their schema checked and their provenance in the metadata."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from core.errors import DataError
from core.store.atomic import replacing
from core.tables import SCHEMA_VERSION, Table

METADATA_KEY = "cxr_bench"

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
    metadata = {"table": table.name, "version": SCHEMA_VERSION, "provenance": dict(provenance)}
    with replacing(path) as temporary:
        checked.write_parquet(
            temporary,
            compression="zstd",
            metadata={METADATA_KEY: json.dumps(metadata, sort_keys=True)},
        )


def read_table(path: Path, table: Table) -> pl.DataFrame:
    """A table as it was written.

    Raises:
        DataError: If the file is damaged, or holds another table or schema version.
    """
    read_provenance(path, table)
    try:
        return pl.read_parquet(path).match_to_schema(table.schema)
    except _DAMAGE as error:
        raise _damaged(path, table) from error


def read_provenance(path: Path, table: Table) -> dict[str, object]:
    """What the file says it was made from.

    Raises:
        DataError: If the file is damaged, or holds another table or schema version.
    """
    try:
        metadata = pl.read_parquet_metadata(path)
        ours = json.loads(metadata.get(METADATA_KEY, "{}"))
    except _DAMAGE as error:
        raise _damaged(path, table) from error
    if ours.get("table") != table.name or ours.get("version") != SCHEMA_VERSION:
        found = f"{ours.get('table', 'no cxr-bench table')} v{ours.get('version', '?')}"
        raise DataError(
            f"{path}: expected a {table.name} table of version {SCHEMA_VERSION}, found {found}; "
            "make it anew with this version of cxr."
        )
    if "provenance" not in ours:
        raise _damaged(path, table)
    return ours["provenance"]


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
