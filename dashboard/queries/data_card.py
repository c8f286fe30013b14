"""What is known of a data set: its labels per split, who is in it, and what was set aside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from core.datasets.counts import GROUP_OF, GROUPS
from core.findings import FINDINGS
from core.records import DatasetRecord
from core.store.data import Dataset
from core.tables import SPLITS
from dashboard.context import image_address
from dashboard.queries.pictures import is_hidden
from dashboard.queries.reading import Run, cache_key, counts, dataset, images, thumbnails
from dashboard.queries.scope import Scope
from dashboard.stores import Stores

NUM_SAMPLES = 8


@dataclass(frozen=True)
class LabelCell:
    """How often a finding is present in a split.

    Args:
        n: Images that count for it.
        n_positive: Images that show it.
        n_positive_patients: Their patients.
        prevalence: n_positive / n; None where nothing counts.
    """

    n: int
    n_positive: int
    n_positive_patients: int
    prevalence: float | None


@dataclass(frozen=True)
class Share:
    """One group of images, split by split.

    Args:
        kind: `view`, `sex` or `age`.
        group: Its name.
        num_images: Split → images.
    """

    kind: str
    group: str
    num_images: Mapping[str, int]


@dataclass(frozen=True)
class DataCard:
    """A data set as its index has it.

    Args:
        record: What the index says.
        splits: Those with images, in order.
        num_images: Split → images.
        num_patients: Split → patients.
        num_shared_patients: Patients in more than one split.
        labels: Finding → split → counts.
        groups: Views, sexes and age bands that occur.
        num_boxes: Boxes.
        num_boxed_images: Images with a box.
        quarantine: Images set aside, with the reason.
    """

    record: DatasetRecord
    splits: tuple[str, ...]
    num_images: Mapping[str, int]
    num_patients: Mapping[str, int]
    num_shared_patients: int
    labels: Mapping[str, Mapping[str, LabelCell]]
    groups: tuple[Share, ...]
    num_boxes: int
    num_boxed_images: int
    quarantine: pl.DataFrame


def known_datasets(scope: Scope) -> tuple[str, ...]:
    """All data sets of the store and of the runs, the target first."""
    of_runs = {name for run in scope.runs.every for name in run.record.datasets}
    names = {*scope.stores.data.names(), *of_runs}
    return tuple(sorted(names, key=lambda name: (name != scope.where.dataset, name)))


def data_card(stores: Stores, name: str) -> DataCard:
    """The card of an indexed data set.

    Raises:
        CxrError: If there is none of that name, or its tables are damaged.
    """
    found = dataset(stores, name)
    manifest = found.manifest.filter(~found.set_aside)
    sizes = manifest.group_by("split").agg(pl.len(), pl.col("patient_id").n_unique())
    by_split = {split: (images, patients) for split, images, patients in sizes.iter_rows()}
    splits = tuple(split for split in SPLITS if split in by_split)
    return DataCard(
        record=found.record,
        splits=splits,
        num_images={split: by_split[split][0] for split in splits},
        num_patients={split: by_split[split][1] for split in splits},
        num_shared_patients=_shared_patients(manifest),
        labels=_labels(counts(stores, name)),
        groups=_groups(manifest),
        num_boxes=found.boxes.height,
        num_boxed_images=found.boxes["image_id"].n_unique(),
        quarantine=found.quarantine,
    )


def _shared_patients(manifest: pl.DataFrame) -> int:
    return (
        manifest.group_by("patient_id")
        .agg(pl.col("split").n_unique())
        .filter(pl.col("split") > 1)
        .height
    )


def _labels(counted: pl.DataFrame) -> dict[str, dict[str, LabelCell]]:
    table: dict[str, dict[str, LabelCell]] = {finding: {} for finding in FINDINGS}
    for row in counted.iter_rows(named=True):
        table[row["finding"]][row["split"]] = LabelCell(
            row["n"], row["n_positive"], row["n_positive_patients"], row["prevalence"]
        )
    return table


def _groups(manifest: pl.DataFrame) -> tuple[Share, ...]:
    found: list[Share] = []
    for kind, group in GROUP_OF.items():
        sizes = manifest.group_by(group.alias("group"), "split").len()
        for name in GROUPS[kind]:
            of_group = sizes.filter(pl.col("group") == name)
            if of_group.height:
                found.append(Share(kind, name, dict(of_group.select("split", "len").iter_rows())))
    return tuple(found)


@dataclass(frozen=True)
class Sample:
    """One image of a random sample: its name, and where it is served."""

    image_id: str
    address: str


def samples(stores: Stores, runs: Sequence[Run], name: str, split: str) -> tuple[Sample, ...]:
    """A random sample of a split, the same each time, as some run sees it.

    Returns:
        Nothing where the images are restricted, or were decoded for no run.

    Raises:
        CxrError: If a file is damaged.
    """
    for run in runs:
        if is_hidden(stores, name, [run.run_id]):
            continue
        image = run.record.spec.image
        cached = images(stores, name, image)
        known = cached.index if cached else thumbnails(stores, name, image)
        if known.height:
            key = cache_key(stores, name, image)
            chosen = _drawn(dataset(stores, name), split, known["image_id"])
            return tuple(
                Sample(each, image_address(name, run.run_id, each, key)) for each in chosen
            )
    return ()


def _drawn(of: Dataset, split: str, known: pl.Series) -> list[str]:
    is_known = pl.col("image_id").is_in(known.implode())
    usable = of.manifest.filter(pl.col("split") == split, is_known, ~of.set_aside)["image_id"]
    return usable.sample(min(NUM_SAMPLES, len(usable)), seed=int(of.hash[:8], 16)).to_list()
