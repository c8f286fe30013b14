"""`cxr data`: data sets in, checked."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer

from cli import output
from cli.options import DATA, AsJson, DataDir
from cli.overlay import overlay
from cli.progress import shown
from core.errors import ConfigError, DataError

app = typer.Typer(help="Index, list and describe data sets.", no_args_is_help=True)
app.command()(overlay)


@app.command()
def index(
    adapter: Annotated[
        str,
        typer.Argument(
            help="chestxray14, mimic, chexpert, padchest, vindr, vindr-kaggle, openi; table: "
            "any CSV."
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
    tier: Annotated[
        Literal["same-name", "narrower", "composite"],
        typer.Option(
            help="How far a label's meaning may be from the finding it is read as; composite "
            "labels (Lung Lesion: Mass or Nodule) are kept apart and enter no average."
        ),
    ] = "narrower",
    tables_only: Annotated[
        bool, typer.Option("--tables-only", help="Read the tables without looking for images.")
    ] = False,
    quarantine: Annotated[
        bool,
        typer.Option(
            "--quarantine",
            help="Set images with missing or damaged files aside, by name and reason, and go on.",
        ),
    ] = False,
    restricted: Annotated[
        bool | None,
        typer.Option(
            "--restricted/--open",
            help="Whether it must stay on this machine. As the data set's terms say unless given; "
            "a table stays until --open says that it may be passed on.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
    data: DataDir = DATA,
) -> None:
    """Read a data set's tables, check all of it, and store its manifest.

    Nothing is written unless everything is right; all problems are reported at once, the first
    of them in words and, with --json, the whole list.
    """
    from cli.description import describe
    from core.datasets.labels import Tier
    from core.datasets.request import IndexRequest
    from core.stages import index as stage
    from core.store.data import DataStore

    with shown() as progress, _problems_told(as_json):
        request = IndexRequest(
            root=root,
            tables_only=tables_only,
            labels=labels,
            label_source=label_source,
            columns=_columns(column or []),
            split=split,
            lists=lists,
            tier=Tier(tier),
            quarantine=quarantine,
            restricted=restricted,
            progress=progress,
        )
        indexed = stage.run(DataStore(data), adapter, name or adapter, request)
    describe(indexed.dataset, as_json)
    for note in indexed.notes:
        output.note(note)


@app.command("list")
def list_datasets(as_json: AsJson = False, data: DataDir = DATA) -> None:
    """The indexed data sets."""
    from cli.description import list_all
    from core.store.data import DataStore

    store = DataStore(data)
    list_all([store.dataset(name) for name in store.names()], as_json, data)


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
    """A data set's label table per split, of images in use, lateral views too."""
    from cli.counts import print_counts
    from cli.description import describe
    from core.datasets.counts import count_findings
    from core.store.data import DataStore

    dataset = DataStore(data).dataset(name)
    if by is None:
        describe(dataset, as_json)
        return
    counts = count_findings(dataset, by)
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
    verify: Annotated[
        bool, typer.Option("--verify", help="Hash the files again: are they what was decoded?")
    ] = False,
    data: DataDir = DATA,
) -> None:
    """Decode a data set's images once; train and eval do it themselves where it is missing."""
    from core.specs import ImageSpec, parse
    from core.stages import cache as stage
    from core.store.data import DataStore

    fields = {"size": size, "geometry": geometry, "equalise": equalise}
    image = parse(ImageSpec, fields, "options")
    with shown() as progress:
        images = stage.run(DataStore(data), name, image, progress)
        if verify:
            stage.verify(DataStore(data), name, image, progress)
    output.line(f"{name}: {len(images.pixels):,} images of {size} x {size} pixels, {images.key}")


@contextmanager
def _problems_told(as_json: bool) -> Generator[None, None, None]:
    """With --json, all problems of an input on stdout, of which the error shows the first."""
    try:
        yield
    except DataError as error:
        if as_json:
            output.json_out({"problems": error.problems})
        raise


def _columns(pairs: list[str]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for pair in pairs:
        ours, _, theirs = pair.partition("=")
        if not (ours and theirs):
            raise ConfigError(f"--column {pair!r} is not of the form OURS=THEIRS.")
        columns[ours] = theirs
    return columns
