"""How `cxr data` describes a data set: its counts, and its label table per split."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl
from rich.table import Table

from cli import output
from core.datasets.counts import count_findings
from core.errors import MAX_SHOWN
from core.findings import FINDINGS
from core.store.data import Dataset
from core.tables import SPLITS


@dataclass(frozen=True)
class Summary:
    """What is in a data set.

    Args:
        name: The data set's name.
        images: Number of images.
        patients: Number of patients.
        per_split: Images per split.
        boxes: Number of boxes.
        boxed_images: Images with a box.
        split_name: Which split it is.
        labeller: How the labels came to be.
        set_aside: Images in quarantine with the reason; they are in none of the other counts.
        positives: Positive images per finding and split; None where never annotated.
    """

    name: str
    images: int
    patients: int
    per_split: dict[str, int]
    boxes: int
    boxed_images: int
    split_name: str
    labeller: str
    set_aside: dict[str, str]
    positives: dict[str, dict[str, int | None]]


def summary_of(dataset: Dataset) -> Summary:
    """The counts of a data set, of images in use."""
    used = dataset.manifest.filter(~dataset.set_aside)
    parts = {split: used.filter(split=split) for split in SPLITS}
    return Summary(
        name=dataset.name,
        images=used.height,
        patients=used["patient_id"].n_unique(),
        per_split={split: part.height for split, part in parts.items()},
        boxes=dataset.boxes.height,
        boxed_images=dataset.boxes["image_id"].n_unique(),
        split_name=dataset.record.split_name,
        labeller=dataset.record.labeller,
        set_aside=dict(dataset.quarantine.iter_rows()),
        positives=_positives(dataset),
    )


def _positives(dataset: Dataset) -> dict[str, dict[str, int | None]]:
    nowhere: dict[str, int | None] = {str(split): None for split in SPLITS}
    found = {str(finding): nowhere.copy() for finding in FINDINGS}
    counts = count_findings(dataset).filter(pl.col("n") > 0)
    for finding, split, positive in counts.select("finding", "split", "n_positive").iter_rows():
        found[finding][split] = positive
    return found


def list_all(datasets: Sequence[Dataset], as_json: bool, folder: Path) -> None:
    """Print the data sets of a store, a row each."""
    summaries = [summary_of(dataset) for dataset in datasets]
    if as_json:
        output.json_out([asdict(each) for each in summaries])
        return
    if not summaries:
        output.note(f"No data set is indexed in {folder}/. Start with: cxr data index …")
        return
    table = Table("data set", "images", "patients", *SPLITS, "labels", box=None)
    for each in summaries:
        counts = (each.images, each.patients, *each.per_split.values())
        table.add_row(each.name, *map(_count, counts), each.labeller)
    output.table(table)


def describe(dataset: Dataset, as_json: bool) -> None:
    """Print a data set's counts and its label table per split."""
    summary = summary_of(dataset)
    if as_json:
        output.json_out(asdict(summary))
        return
    output.line(
        f"{summary.name}: {summary.images:,} images of {summary.patients:,} patients, "
        f"{summary.boxes:,} boxes on {summary.boxed_images:,} images; "
        f"split: {summary.split_name}; {summary.labeller}."
    )
    table = Table("positive images", *SPLITS, box=None)
    for finding, counts in summary.positives.items():
        table.add_row(finding, *(_count(counts[split]) for split in SPLITS))
    table.add_row("all images", *(_count(summary.per_split[split]) for split in SPLITS))
    output.table(table)
    _list_set_aside(summary.set_aside)


def _list_set_aside(set_aside: Mapping[str, str]) -> None:
    if set_aside:
        output.line(f"Set aside and used by no stage ({len(set_aside):,}):")
    for image, reason in list(set_aside.items())[:MAX_SHOWN]:
        output.line(f"  {image}: {reason}")
    if len(set_aside) > MAX_SHOWN:
        output.line(f"  … and {len(set_aside) - MAX_SHOWN:,} more (--json lists all).")


def _count(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"
