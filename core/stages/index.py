"""A data set on disk to its manifest and boxes, and to what beside them is not a finding."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from core.datasets.files import existing_folder
from core.datasets.labels import LabelMap, Tier
from core.datasets.registry import DATASETS, DatasetSpec
from core.datasets.request import IndexedTables, IndexRequest
from core.errors import ConfigError
from core.findings import PRESENT
from core.lookup import lookup
from core.phantom.spec import MARK as PHANTOM_MARK
from core.records import DatasetRecord
from core.specs import parse
from core.store.annotations import write_composites
from core.store.data import Dataset, DataStore
from core.store.locks import locked
from core.tables import BOXES, MANIFEST

_DRAWN = "none: drawn by a program"


@dataclass(frozen=True, eq=False)
class Indexed:
    """What was indexed.

    Args:
        dataset: As it stands in the store.
        notes: Sentences about what was changed or left out on the way.
    """

    dataset: Dataset
    notes: tuple[str, ...]


def run(store: DataStore, adapter: str, name: str, request: IndexRequest) -> Indexed:
    """Read, check and store a data set; nothing is written unless all of it is right.

    Images that were set aside before stay so, where the manifest still has them.

    Args:
        store: Where to.
        adapter: Row of `DATASETS`.
        name: What the data set will be called.
        request: The folder and how to read it.

    Raises:
        ConfigError: If the adapter, the name or an option is wrong.
        DataError: If the data set breaks its format; names every file and row.
        CxrError: If another process is at work on a data set of that name.
    """
    spec = lookup(DATASETS, adapter, "data set adapter")
    _check_tier(spec, request.tier)
    record = _record(spec, adapter, name, request)
    tables = spec.index(request)
    labeller = tables.labeller or spec.labeller
    if record.synthetic:
        labeller = f"imitated {labeller}"
    found = {
        "split_name": tables.split_name,
        "labeller": labeller + _told_tier(spec.label_map, request.tier),
    }
    record = record.model_copy(update=found)
    dataset = _write(store, record, tables)
    return Indexed(dataset, (*tables.notes, *_told_composites(tables.composites)))


def _check_tier(spec: DatasetSpec, tier: Tier) -> None:
    if tier == Tier.COMPOSITE and tier not in spec.label_map.tiers:
        raise ConfigError(f"--tier {tier} means nothing to {spec.title}: it has no such label.")


def _told_tier(labels: LabelMap, tier: Tier) -> str:
    """What a caption must say of labels that were left out by choice."""
    left_out = tier == Tier.SAME_NAME and Tier.NARROWER in labels.tiers
    return ", those of the findings' own names alone" if left_out else ""


def _told_composites(composites: pl.DataFrame) -> Iterator[str]:
    for (name,), rows in composites.group_by("composite", maintain_order=True):
        present = rows.filter(value=PRESENT).height
        yield f"{name}: present in {present:,} of {rows.height:,} images; it enters no average."


def _record(spec: DatasetSpec, adapter: str, name: str, request: IndexRequest) -> DatasetRecord:
    root = existing_folder(request.root)
    synthetic = any((folder / PHANTOM_MARK).is_file() for folder in (root, root.parent))
    fields = {
        "name": name,
        "adapter": adapter,
        "root": str(root),
        "tables_only": request.tables_only,
        "labeller": spec.labeller,
        "split_name": "",
        "licence": _DRAWN if synthetic else spec.licence,
        "citation": "cxr-bench's phantom" if synthetic else spec.citation,
        "restricted": spec.restricted and not synthetic,
        "synthetic": synthetic,
    }
    return parse(DatasetRecord, fields, "data set")


def _write(store: DataStore, record: DatasetRecord, tables: IndexedTables) -> Dataset:
    """All is checked before anything is written; the manifest comes last and tells of the rest."""
    manifest = MANIFEST.checked(tables.manifest, f"{record.name}: manifest")
    boxes = BOXES.checked(tables.boxes, f"{record.name}: boxes")
    with locked(store.folder(record.name)):
        before = store.quarantine(record.name)
        kept = before.filter(pl.col("image_id").is_in(manifest["image_id"].implode()))
        aside = pl.concat([tables.quarantine, kept]).unique("image_id", maintain_order=True)
        dataset = Dataset(record, manifest, boxes, aside)
        if aside.height or before.height:
            store.write_quarantine(dataset, aside)
        write_composites(store, dataset, tables.composites)
        return store.write_dataset(record, manifest, boxes)
