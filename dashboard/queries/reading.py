"""Tables as they are on disk, kept in memory until the file changes.

Every entry is keyed by the file's time of change, so that a new evaluation is seen at once.
Entries are shared between readers and must not be changed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import polars as pl

from core.datasets.counts import count_findings
from core.records import ImportRecord, RunRecord
from core.specs import ImageSpec
from core.store.data import Dataset, DataStore
from core.store.pixels import CachedImages
from core.store.results import ResultStore
from core.store.thumbnails import ThumbnailStore
from core.tables import TABLES, Table
from dashboard.stores import Stores
from dashboard.tokens import RunToken, imported_token, token


@dataclass(frozen=True)
class Broken:
    """A run, or a part of it, that cannot be read.

    Args:
        run_id: Which run.
        reason: What is wrong, and what to do.
    """

    run_id: str
    reason: str


@dataclass(frozen=True, eq=False)
class Run:
    """A run whose record and metrics can be read; the same object while its files stay the same.

    Args:
        run_id: Its folder.
        record: What it is.
        metrics: Its metrics; without rows before the first evaluation.
    """

    run_id: str
    record: RunRecord
    metrics: pl.DataFrame

    @property
    def look(self) -> RunToken:
        """Its mark and names."""
        return token(self.record.spec)


@dataclass(frozen=True, eq=False)
class Imported:
    """A run whose predictions were made elsewhere.

    Args:
        run_id: Its folder.
        record: What is known of it.
        metrics: Its metrics.
    """

    run_id: str
    record: ImportRecord
    metrics: pl.DataFrame

    @property
    def look(self) -> RunToken:
        """Its mark and names."""
        return imported_token(self.record)


AnyRun = Run | Imported


@dataclass(frozen=True, eq=False)
class Runs:
    """All runs of a store: trained here, damaged, or imported; the same object while it stays."""

    read: tuple[Run, ...]
    broken: tuple[Broken, ...]
    imported: tuple[Imported, ...] = ()

    @property
    def every(self) -> tuple[AnyRun, ...]:
        """Those that can be read."""
        return (*self.read, *self.imported)

    def chosen(self, run_ids: Iterable[str]) -> "Runs":
        """Only these runs; all of them where none is named."""
        wanted = frozenset(run_ids)
        return _chosen(self, wanted) if wanted else self


@lru_cache(maxsize=32)
def _chosen(runs: Runs, wanted: frozenset[str]) -> Runs:
    return Runs(
        tuple(run for run in runs.read if run.run_id in wanted),
        tuple(run for run in runs.broken if run.run_id in wanted),
        tuple(run for run in runs.imported if run.run_id in wanted),
    )


def run_record(stores: Stores, run_id: str) -> RunRecord:
    """What a run is.

    Raises:
        CxrError: If there is no such run, or its record is damaged.
    """
    path = stores.results.folder(run_id) / "run.json"
    return _record(stores.results.root, run_id, changed_at(path))


def run_table(
    stores: Stores, run_id: str, table: Table, dataset: str | None = None
) -> pl.DataFrame:
    """A table of a run; without rows where the run has none.

    Raises:
        DataError: If the file is damaged.
    """
    changed = changed_at(stores.results.path(run_id, table, dataset))
    if not changed:
        return _without_rows(table.name)
    read = _table if dataset is None else _large_table
    return read(stores.results.root, run_id, table.name, dataset, changed)


def dataset(stores: Stores, name: str) -> Dataset:
    """An indexed data set.

    Raises:
        CxrError: If there is none of that name, or its tables are damaged.
    """
    return _dataset(stores.data.root, name, indexed_at(stores, name))


def counts(stores: Stores, name: str, by: str | None = None) -> pl.DataFrame:
    """How often each finding is present in a data set (`core.datasets.counts.COUNTS`).

    Raises:
        CxrError: If there is no such data set, or its tables are damaged.
    """
    changed = indexed_at(stores, name)
    return _counts(stores.data.root, name, by, changed)


def cache_key(stores: Stores, name: str, image: ImageSpec) -> str:
    """The key of a data set's image cache, which changes with its pixels."""
    changed = indexed_at(stores, name)
    return _cache_key(stores.data.root, name, image.model_dump_json(), changed)


def images(stores: Stores, name: str, image: ImageSpec) -> CachedImages | None:
    """The decoded images of a data set, memory-mapped; None where they were never decoded.

    Raises:
        DataError: If the cache is damaged.
    """
    # The folder changes when a cache is written, so that "none yet" is not remembered.
    changed = changed_at(stores.data.folder(name))
    return _images(stores.data.root, name, image.model_dump_json(), changed)


def thumbnails(stores: Stores, name: str, image: ImageSpec) -> pl.DataFrame:
    """The small pictures that a bundle has in place of images (`tables.THUMBNAILS`).

    Raises:
        DataError: If the file is damaged.
    """
    folder = stores.data.folder(name)
    return _thumbnails(
        folder, image.model_dump_json(), changed_at(ThumbnailStore(folder).path(image))
    )


def version(stores: Stores, run_id: str, table: Table, dataset: str | None = None) -> str:
    """A short text that changes with a run's table."""
    return f"{changed_at(stores.results.path(run_id, table, dataset)):x}"


def indexed_at(stores: Stores, name: str) -> int:
    """Changes when a data set is indexed anew, or other images of it are set aside."""
    folder = stores.data.folder(name)
    return changed_at(folder / "manifest.parquet") + changed_at(folder / "quarantine.parquet")


def changed_at(path: Path) -> int:
    """When a file was last changed, in nanoseconds; 0 where there is none."""
    return path.stat().st_mtime_ns if path.exists() else 0


@lru_cache(maxsize=256)
def _record(root: Path, run_id: str, changed: int) -> RunRecord:
    del changed
    return ResultStore(root).record(run_id)


def _read(root: Path, run_id: str, name: str, dataset: str | None, changed: int) -> pl.DataFrame:
    del changed
    return ResultStore(root).read(run_id, TABLES[name], dataset)


@lru_cache
def _without_rows(name: str) -> pl.DataFrame:
    return TABLES[name].empty()


_table = lru_cache(maxsize=512)(_read)
_large_table = lru_cache(maxsize=64)(_read)
"""Of predictions and maps, a file a data set: few at a time, so that memory stays bounded."""


@lru_cache(maxsize=16)
def _dataset(root: Path, name: str, changed: int) -> Dataset:
    del changed
    return DataStore(root).dataset(name)


@lru_cache(maxsize=64)
def _counts(root: Path, name: str, by: str | None, changed: int) -> pl.DataFrame:
    return count_findings(_dataset(root, name, changed), by)


@lru_cache(maxsize=64)
def _cache_key(root: Path, name: str, image: str, changed: int) -> str:
    return _dataset(root, name, changed).cache_key(ImageSpec.model_validate_json(image))


@lru_cache(maxsize=16)
def _images(root: Path, name: str, image: str, changed: int) -> CachedImages | None:
    del changed
    store, spec = DataStore(root), ImageSpec.model_validate_json(image)
    found = store.dataset(name)
    return store.images(found, spec) if store.has_images(found, spec) else None


@lru_cache(maxsize=16)
def _thumbnails(folder: Path, image: str, changed: int) -> pl.DataFrame:
    del changed
    return ThumbnailStore(folder).read(ImageSpec.model_validate_json(image))
