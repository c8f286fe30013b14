"""What lies beside a manifest: composite labels, and overlays that users registered."""

from collections.abc import Mapping

import polars as pl

from core.store.data import Dataset, DataStore
from core.store.parquet import read_table, write_table
from core.tables import COMPOSITES, OVERLAY

_COMPOSITES = "composites.parquet"
_OVERLAYS = "overlays"


def composites(store: DataStore, name: str) -> pl.DataFrame:
    """A data set's composite labels (`tables.COMPOSITES`); none where they were not asked for.

    Raises:
        DataError: If the table is damaged.
    """
    path = store.folder(name) / _COMPOSITES
    return read_table(path, COMPOSITES) if path.exists() else COMPOSITES.empty()


def write_composites(store: DataStore, dataset: Dataset, frame: pl.DataFrame) -> None:
    """Store composite labels; an empty table takes away what an earlier index had stored.

    Raises:
        DataError: If the frame breaks its schema or rules.
    """
    path = store.folder(dataset.name) / _COMPOSITES
    if frame.is_empty():
        path.unlink(missing_ok=True)
        return
    write_table(path, COMPOSITES, frame, {"dataset": dataset.name})


def overlays(store: DataStore, name: str) -> Mapping[str, pl.DataFrame]:
    """The overlays of a data set by name, sorted (`tables.OVERLAY`).

    Raises:
        DataError: If one of them is damaged.
    """
    files = sorted((store.folder(name) / _OVERLAYS).glob("*.parquet"))
    return {path.stem: read_table(path, OVERLAY) for path in files}


def write_overlay(store: DataStore, dataset: Dataset, overlay: str, frame: pl.DataFrame) -> None:
    """Store an overlay; takes the place of one of the same name.

    Raises:
        DataError: If the frame breaks its schema or rules.
    """
    path = store.folder(dataset.name) / _OVERLAYS / f"{overlay}.parquet"
    write_table(path, OVERLAY, frame, {"dataset": dataset.name, "manifest": dataset.hash})
