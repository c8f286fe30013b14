"""`cxr data`: data sets in, checked."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

import polars as pl
import typer
from rich.table import Table

from cli import output
from cli.counts import print_counts
from cli.options import DATA, AsJson, DataDir
from cli.progress import shown
from core.errors import ConfigError
from core.findings import FINDINGS, PRESENT
from core.specs import ImageSpec, parse
from core.store.data import Dataset, DataStore
from core.tables import SPLITS

app = typer.Typer(help="Index, list and describe data sets.", no_args_is_help=True)


@app.command()
def index(
    adapter: Annotated[
        str,
        typer.Argument(
            help="chestxray14, mimic, chexpert, padchest, vindr, openi; table: any CSV."
        ),
    ],
    root: Annotated[Path, typer.Option(help="The data set's folder.")],
    name: Annotated[
        str | None, typer.Option(help="What to call it; the adapter's name unless given.")
    ] = None,
    labels: Annotated[
        str | None, typer.Option(help="The CSV of labels, relative to the folder.")
    ] = None,
    label_source: Annotated[
        str | None,
        typer.Option(help="mimic: cxrlt14 (default), cxrlt14-2023, chexpert7, negbio7 or gold7."),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="table: OURS=THEIRS, such as patient_id=mrn or Effusion=fluid."),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            help="chestxray14: official, chexnet, all; by-patient (70/10/20) or test where there "
            "is no official one. The data set's first unless given."
        ),
    ] = None,
    lists: Annotated[
        Path | None,
        typer.Option(help="chexnet: folder of train_list.txt, val_list.txt, test_list.txt."),
    ] = None,
    tables_only: Annotated[
        bool, typer.Option("--tables-only", help="Read the tables without looking for images.")
    ] = False,
    as_json: AsJson = False,
    data: DataDir = DATA,
) -> None:
    """Read a data set's tables, check all of it, and store its manifest.

    Nothing is written unless everything is right; all problems are reported at once.
    """
    from core.datasets.request import IndexRequest
    from core.stages import index as stage

    with shown() as progress:
        request = IndexRequest(
            root=root,
            tables_only=tables_only,
            labels=labels,
            label_source=label_source,
            columns=_columns(column or []),
            split=split,
            lists=lists,
            progress=progress,
        )
        indexed = stage.run(DataStore(data), adapter, name or adapter, request)
    _describe(indexed.dataset, as_json)
    for note in indexed.notes:
        output.note(note)


@app.command("list")
def list_datasets(as_json: AsJson = False, data: DataDir = DATA) -> None:
    """The indexed data sets."""
    store = DataStore(data)
    datasets = [store.dataset(name) for name in store.names()]
    if as_json:
        output.json_out([asdict(_summary(dataset)) for dataset in datasets])
        return
    if not datasets:
        output.note(f"No data set is indexed in {data}/. Start with: cxr data index …")
        return
    table = Table("data set", "images", "patients", "train", "val", "test", "labels", box=None)
    for each in map(_summary, datasets):
        counts = (each.images, each.patients, *each.per_split.values())
        table.add_row(each.name, *map(_count, counts), each.labeller)
    output.table(table)


@app.command()
def show(
    name: str,
    by: Annotated[
        Literal["view", "sex", "age"] | None,
        typer.Option(help="Positives, positive patients and prevalence of each group instead."),
    ] = None,
    as_json: AsJson = False,
    data: DataDir = DATA,
) -> None:
    """A data set's label table per split."""
    from core.datasets.counts import count_findings

    dataset = DataStore(data).dataset(name)
    if by is None:
        _describe(dataset, as_json)
        return
    counts = count_findings(dataset.manifest, by)
    if as_json:
        output.json_out({"name": name, "by": by, "counts": counts.to_dicts()})
        return
    output.line(f"{name}: positive images (positive patients) and prevalence, by {by}.")
    print_counts(counts)


@app.command()
def cache(
    name: str,
    size: Annotated[int, typer.Option(help="Side of the images, in pixels.")] = 224,
    geometry: Annotated[
        Literal["crop", "pad", "squash"], typer.Option(help="How an image becomes a square.")
    ] = "crop",
    equalise: Annotated[bool, typer.Option("--equalise", help="Equalise histograms.")] = False,
    data: DataDir = DATA,
) -> None:
    """Decode a data set's images once; train and eval do it themselves where it is missing."""
    from core.stages import cache as stage

    fields = {"size": size, "geometry": geometry, "equalise": equalise}
    with shown() as progress:
        images = stage.run(DataStore(data), name, parse(ImageSpec, fields, "options"), progress)
    output.line(f"{name}: {len(images.pixels):,} images of {size} x {size} pixels, {images.key}")


def _columns(pairs: list[str]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for pair in pairs:
        ours, _, theirs = pair.partition("=")
        if not (ours and theirs):
            raise ConfigError(f"--column {pair!r} is not of the form OURS=THEIRS.")
        columns[ours] = theirs
    return columns


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
    positives: dict[str, dict[str, int | None]]


def _summary(dataset: Dataset) -> Summary:
    parts = {split: dataset.manifest.filter(split=split) for split in SPLITS}
    return Summary(
        name=dataset.name,
        images=dataset.manifest.height,
        patients=dataset.manifest["patient_id"].n_unique(),
        per_split={split: part.height for split, part in parts.items()},
        boxes=dataset.boxes.height,
        boxed_images=dataset.boxes["image_id"].n_unique(),
        split_name=dataset.record.split_name,
        labeller=dataset.record.labeller,
        positives={
            str(finding): {split: _positives(part, finding) for split, part in parts.items()}
            for finding in FINDINGS
        },
    )


def _positives(manifest: pl.DataFrame, finding: str) -> int | None:
    annotated = manifest[finding].drop_nulls()
    return int((annotated == PRESENT).sum()) if len(annotated) else None


def _describe(dataset: Dataset, as_json: bool) -> None:
    summary = _summary(dataset)
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


def _count(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"
