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
from core.errors import CxrError
from core.records import RunRecord
from core.specs import ImageSpec
from core.store.data import CachedImages, Dataset, DataStore
from core.store.results import ResultStore
from core.store.thumbnails import ThumbnailStore
from core.tables import METRICS, TABLES, Table
from dashboard.stores import Stores


@dataclass(frozen=True)
class Broken:
    """A run, or a part of it, that cannot be read.

    Args:
        run_id: Which run.
        reason: What is wrong, and what to do.
    """

    run_id: str
    reason: str


@dataclass(frozen=True)
class Run:
    """A run whose record and metrics can be read.

    Args:
        run_id: Its folder.
        record: What it is.
        metrics: Its metrics; without rows before the first evaluation.
    """

    run_id: str
    record: RunRecord
    metrics: pl.DataFrame


@dataclass(frozen=True)
class Runs:
    """All runs of a store: those that can be read, and those that cannot."""

    read: tuple[Run, ...]
    broken: tuple[Broken, ...]

    def chosen(self, run_ids: Iterable[str]) -> "Runs":
        """Only these runs; all of them where none is named."""
        wanted = set(run_ids)
        if not wanted:
            return self
        return Runs(
            tuple(run for run in self.read if run.run_id in wanted),
            tuple(run for run in self.broken if run.run_id in wanted),
        )


def all_runs(stores: Stores) -> Runs:
    """Every run; one that is damaged costs its own row and no other."""
    read: list[Run] = []
    broken: list[Broken] = []
    for run_id in stores.results.run_ids():
        try:
            metrics = run_table(stores, run_id, METRICS)
            read.append(Run(run_id, run_record(stores, run_id), metrics))
        except CxrError as error:
            broken.append(Broken(run_id, str(error)))
    return Runs(tuple(read), tuple(broken))


def run_record(stores: Stores, run_id: str) -> RunRecord:
    """What a run is.

    Raises:
        CxrError: If there is no such run, or its record is damaged.
    """
    path = stores.results.folder(run_id) / "run.json"
    return _record(stores.results.root, run_id, _changed(path))


def run_table(
    stores: Stores, run_id: str, table: Table, dataset: str | None = None
) -> pl.DataFrame:
    """A table of a run; without rows where the run has none.

    Raises:
        DataError: If the file is damaged.
    """
    changed = _changed(stores.results.path(run_id, table, dataset))
    return _table(stores.results.root, run_id, table.name, dataset, changed)


def dataset(stores: Stores, name: str) -> Dataset:
    """An indexed data set.

    Raises:
        CxrError: If there is none of that name, or its tables are damaged.
    """
    return _dataset(stores.data.root, name, _indexed(stores, name))


def counts(stores: Stores, name: str, by: str | None = None) -> pl.DataFrame:
    """How often each finding is present in a data set (`core.datasets.counts.COUNTS`).

    Raises:
        CxrError: If there is no such data set, or its tables are damaged.
    """
    changed = _indexed(stores, name)
    return _counts(stores.data.root, name, by, changed)


def cache_key(stores: Stores, name: str, image: ImageSpec) -> str:
    """The key of a data set's image cache, which changes with its pixels."""
    changed = _indexed(stores, name)
    return _cache_key(stores.data.root, name, image.model_dump_json(), changed)


def images(stores: Stores, name: str, image: ImageSpec) -> CachedImages | None:
    """The decoded images of a data set, memory-mapped; None where they were never decoded.

    Raises:
        DataError: If the cache is damaged.
    """
    # The folder changes when a cache is written, so that "none yet" is not remembered.
    changed = _changed(stores.data.folder(name))
    return _images(stores.data.root, name, image.model_dump_json(), changed)


def thumbnails(stores: Stores, name: str, image: ImageSpec) -> pl.DataFrame:
    """The small pictures that a bundle has in place of images (`tables.THUMBNAILS`).

    Raises:
        DataError: If the file is damaged.
    """
    folder = stores.data.folder(name)
    return _thumbnails(
        folder, image.model_dump_json(), _changed(ThumbnailStore(folder).path(image))
    )


def version(stores: Stores, run_id: str, table: Table, dataset: str | None = None) -> str:
    """A short text that changes with a run's table."""
    return f"{_changed(stores.results.path(run_id, table, dataset)):x}"


def _indexed(stores: Stores, name: str) -> int:
    """Changes when a data set is indexed anew, or other images of it are set aside."""
    folder = stores.data.folder(name)
    return _changed(folder / "manifest.parquet") + _changed(folder / "quarantine.parquet")


def _changed(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0


@lru_cache(maxsize=256)
def _record(root: Path, run_id: str, changed: int) -> RunRecord:
    del changed
    return ResultStore(root).record(run_id)


@lru_cache(maxsize=128)
def _table(root: Path, run_id: str, name: str, dataset: str | None, changed: int) -> pl.DataFrame:
    del changed
    return ResultStore(root).read(run_id, TABLES[name], dataset)


@lru_cache(maxsize=16)
def _dataset(root: Path, name: str, changed: int) -> Dataset:
    del changed
    return DataStore(root).dataset(name)


@lru_cache(maxsize=64)
def _counts(root: Path, name: str, by: str | None, changed: int) -> pl.DataFrame:
    return count_findings(_dataset(root, name, changed).manifest, by)


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
