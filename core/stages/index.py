"""A data set on disk to its manifest and boxes, and to what beside them is not a finding."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from core.datasets.files import existing_folder
from core.datasets.labels import LabelMap, Tier
from core.datasets.registry import DATASETS, DatasetSpec
from core.datasets.request import IndexedTables, IndexRequest
from core.errors import ConfigError
from core.findings import PRESENT
from core.lookup import lookup
from core.phantom.drawn import is_drawn
from core.records import DatasetRecord
from core.specs import parse
from core.store.annotations import write_composites
from core.store.data import Dataset, DataStore
from core.store.locks import locked
from core.tables import BOXES, MANIFEST

_TERMS_UNKNOWN = (
    "Restricted: its terms are not known here, so that pictures, predictions and small cells stay "
    "on this machine; index it with --open if it may be passed on."
)


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
    labeller = (tables.labeller or spec.labeller) + _told_tier(spec.label_map, request.tier)
    found = {"split_name": tables.split_name, "labeller": labeller}
    record = record.model_copy(update=found)
    if is_drawn(Path(record.root), tables.manifest["path"].to_list()):
        record = _as_drawn(record, is_restricted=bool(request.restricted))
    dataset = _write(store, record, tables)
    notes = (*tables.notes, *_told_composites(tables.composites))
    by_default = spec.may_be_opened and request.restricted is None and record.restricted
    return Indexed(dataset, (*notes, _TERMS_UNKNOWN) if by_default else notes)


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
    fields = {
        "name": name,
        "adapter": adapter,
        "root": str(existing_folder(request.root)),
        "tables_only": request.tables_only,
        "labeller": spec.labeller,
        "split_name": "",
        "licence": spec.licence,
        "citation": spec.citation,
        "restricted": _is_restricted(spec, request.restricted),
    }
    return parse(DatasetRecord, fields, "data set")


def _is_restricted(spec: DatasetSpec, wanted: bool | None) -> bool:
    if wanted is False and spec.restricted and not spec.may_be_opened:
        raise ConfigError(
            f"--open cannot lift what {spec.title} is bound to ({spec.licence}); leave it out."
        )
    return spec.restricted if wanted is None else wanted


def _as_drawn(record: DatasetRecord, *, is_restricted: bool) -> DatasetRecord:
    """What a program drew has neither the terms nor the authors of what it imitates."""
    told = {
        "labeller": f"imitated {record.labeller}",
        "licence": "none: drawn by a program",
        "citation": "cxr-bench's phantom",
        "restricted": is_restricted,
        "synthetic": True,
    }
    return record.model_copy(update=told)


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
