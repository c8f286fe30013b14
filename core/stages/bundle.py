"""Results in one small folder, which a reviewer opens without the data and without torch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from core.datasets.registered import LABELS_FROM
from core.errors import ConfigError
from core.metrics.flags import FEW_POSITIVES
from core.progress import Progress, silent
from core.records import DatasetRecord, Entry, RunRecord
from core.report.paper.cells import MIN_PATIENTS
from core.specs import ImageSpec
from core.store.atomic import write_text
from core.store.data import Dataset, DataStore
from core.store.results import PER_RUN, ResultStore
from core.store.thumbnails import ThumbnailStore, to_png
from core.tables import HEATMAPS, MATCHINGS, METRICS, PREDICTIONS, REPLICATES, THUMBNAILS, Table

_UNFINISHED = ".unfinished"
"""Marks a bundle that a kill cut off: the same command may go on in its folder."""

_GUIDE = """Open this folder with cxr-bench (no data set and no torch needed):

    pip install '.[dashboard]'
    cxr dashboard --data {out}/data --results {out}/results
"""


@dataclass(frozen=True)
class Bundled:
    """What went into a bundle.

    Args:
        run_ids: The runs.
        num_thumbnails: Small pictures of explained images.
        num_bytes: Of all files.
        left_out: One sentence a thing that stayed at home, with the reason.
    """

    run_ids: tuple[str, ...]
    num_thumbnails: int
    num_bytes: int
    left_out: tuple[str, ...]


def run(
    out: Path,
    run_ids: Sequence[str],
    data: DataStore,
    results: ResultStore,
    allow_restricted: bool = False,
    progress: Progress = silent,
) -> Bundled:
    """Copy runs, and what the dashboard needs of their data, into a folder of their own.

    Data sets travel as their tables and thumbnails of the explained images. Of restricted data,
    and of runs trained on them, aggregates alone travel: metrics over fewer than 10 patients or
    20 positive patients, predictions, maps and images stay at home.

    Args:
        out: A folder that is new or empty.
        run_ids: Runs that are done, or imported.
        data: Where manifests and decoded images are read.
        results: Where the runs are read.
        allow_restricted: Whether whoever asks may pass restricted data on.
        progress: Told after each run.

    Raises:
        ConfigError: If the folder holds anything, or a run is unknown or not done.
        DataError: If a table or an image cache is damaged.
    """
    unfinished = out / _UNFINISHED
    if out.exists() and any(out.iterdir()) and not unfinished.exists():
        raise ConfigError(f"{out}: is not empty; give a new folder for the bundle.")
    entries = [results.finished(run_id) for run_id in run_ids]
    write_text(unfinished, "This bundle is being made, or was not made to the end.\n")
    new_data, new_results = DataStore(out / "data"), ResultStore(out / "results")
    way = _Way(results, new_results, None if allow_restricted else _restricted(data))
    left_out: list[str] = []
    for done, entry in enumerate(entries, start=1):
        left_out += _copy_run(entry, way)
        progress("bundling runs", done, len(entries))
    _copy_references(entries, way)
    num_thumbnails = 0
    for dataset in _datasets(entries, data):
        if dataset.record.restricted and not allow_restricted:
            left_out.append(f"{dataset.name} is restricted: its tables and images stay here.")
            continue
        copy = _copy_dataset(dataset, new_data)
        num_thumbnails += _copy_images(dataset, copy, entries, data, (new_data, new_results))
    write_text(out / "README.txt", _GUIDE.format(out=out.name))
    unfinished.unlink()
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    return Bundled(tuple(run_ids), num_thumbnails, size, tuple(left_out))


@dataclass(frozen=True)
class _Way:
    """Where runs come from, where they go, and the data sets of which aggregates alone travel.

    `restricted` is None where whoever asks may pass everything on.
    """

    home: ResultStore
    new: ResultStore
    restricted: frozenset[str] | None


def _restricted(data: DataStore) -> frozenset[str]:
    return frozenset(name for name in data.names() if data.dataset(name).record.restricted)


def _copy_run(entry: Entry, way: _Way) -> list[str]:
    run_id = entry.run_id
    closed = tuple(_closed(entry, way))
    _copy_aggregates(entry, way, closed)
    for name in way.home.datasets_with(run_id, PREDICTIONS):
        if name in closed:
            continue
        for table in (PREDICTIONS, HEATMAPS):
            if way.home.has(run_id, table, name):
                way.new.write(run_id, table, way.home.read(run_id, table, name), name)
    return [
        f"{run_id} on {name} is restricted: predictions, maps and small cells stay here."
        for name in closed
    ]


def _copy_references(entries: Sequence[Entry], way: _Way) -> None:
    """The rows that look at no image travel beside the runs, as aggregates alone."""
    for source in dict.fromkeys((*(entry.source for entry in entries), None)):
        beside = replace(way, home=way.home.references(source), new=way.new.references(source))
        for run_id in beside.home.import_ids():
            entry = beside.home.entry(run_id)
            _copy_aggregates(entry, beside, tuple(_closed(entry, beside)))


def _copy_aggregates(entry: Entry, way: _Way, closed: Sequence[str]) -> None:
    run_id = entry.run_id
    told = {name: _without_place(each) for name, each in entry.datasets.items()}
    if isinstance(entry, RunRecord):
        way.new.write_record(entry.model_copy(update={"datasets": told}))
    else:
        way.new.write_import(entry.model_copy(update={"datasets": told}))
    for table in PER_RUN:
        if way.home.has(run_id, table):
            kept = _told(table, way.home.read(run_id, table), way.home, run_id, closed)
            way.new.write(run_id, table, kept)


def _closed(entry: Entry, way: _Way) -> Iterator[str]:
    """The data sets of which only aggregates may travel."""
    if way.restricted is None:
        return
    known = {name for name, each in entry.datasets.items() if each.restricted} | way.restricted
    is_closed = entry.restricted or entry.source in known
    for name in sorted({*way.home.datasets_with(entry.run_id, PREDICTIONS), *entry.datasets}):
        if is_closed or name in known:
            yield name


def _told(
    table: Table, frame: pl.DataFrame, results: ResultStore, run_id: str, closed: Sequence[str]
) -> pl.DataFrame:
    """The rows that may travel: those of restricted data stay where few patients stand behind."""
    if table in (METRICS, REPLICATES):
        return _large_enough(frame, results.read(run_id, METRICS), closed)
    if "n_patients" in frame.columns:
        return frame.filter(~(_is_of(closed) & (pl.col("n_patients") < MIN_PATIENTS)))
    if table is MATCHINGS:
        whole = results.read(run_id, METRICS).filter(_is_of(closed), subgroup="all")
        small = whole.filter(pl.col("n_patients") < MIN_PATIENTS)
        return frame.join(small, on=["dataset", "split"], how="anti")
    return frame


def _is_of(closed: Sequence[str]) -> pl.Expr:
    """Whether a row is of one of the data sets, under their own labels or an overlay's."""
    return pl.col("dataset").str.split(LABELS_FROM).list.first().is_in(closed)


def _large_enough(
    frame: pl.DataFrame, metrics: pl.DataFrame, closed: Sequence[str]
) -> pl.DataFrame:
    few = pl.col("flag").fill_null("").str.contains(FEW_POSITIVES, literal=True)
    small = metrics.filter(
        _is_of(closed),
        (pl.col("n_patients") < MIN_PATIENTS) | few,
    )
    return frame.join(small.select(METRICS.key), on=METRICS.key, how="anti", nulls_equal=True)


def _without_place(record: DatasetRecord) -> DatasetRecord:
    """The record without the folder of the machine that it comes from."""
    return record.model_copy(update={"root": ""})


def _datasets(entries: Sequence[Entry], data: DataStore) -> list[Dataset]:
    names = sorted({name for entry in entries for name in entry.datasets})
    return [data.dataset(name) for name in names if name in data.names()]


def _copy_dataset(dataset: Dataset, new: DataStore) -> Dataset:
    copy = new.write_dataset(_without_place(dataset.record), dataset.manifest, dataset.boxes)
    if dataset.quarantine.height:
        new.write_quarantine(copy, dataset.quarantine)
    return copy


def _copy_images(
    dataset: Dataset,
    copy: Dataset,
    entries: Sequence[Entry],
    data: DataStore,
    new: tuple[DataStore, ResultStore],
) -> int:
    """Write thumbnails of the images that bundled maps explain; returns how many."""
    explained: dict[ImageSpec, set[str]] = {}
    for entry in entries:
        if isinstance(entry, RunRecord):  # what was imported has no maps
            maps = new[1].read(entry.run_id, HEATMAPS, dataset.name)
            explained.setdefault(entry.spec.image, set()).update(maps["image_id"])
    num_thumbnails = 0
    for image, image_ids in explained.items():
        if image_ids and data.has_images(dataset, image):
            frame = _thumbnails(data, dataset, image, image_ids)
            ThumbnailStore(new[0].folder(copy.name)).write(image, frame, copy.name)
            num_thumbnails += frame.height
    return num_thumbnails


def _thumbnails(
    data: DataStore, dataset: Dataset, image: ImageSpec, image_ids: set[str]
) -> pl.DataFrame:
    cached = data.images(dataset, image)
    chosen = cached.index.filter(pl.col("image_id").is_in(image_ids)).sort("image_id")
    pictures = [to_png(cached.pixels[row]) for row in chosen["row"]]
    return (
        chosen.select("image_id", "source_width", "source_height")
        .with_columns(png=pl.Series(pictures, dtype=pl.Binary))
        .cast(THUMBNAILS.schema)
    )
