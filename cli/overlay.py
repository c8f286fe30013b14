"""`cxr data overlay`: other people's labels and subgroups for an indexed data set."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import output
from cli.options import DATA, AsJson, DataDir

if TYPE_CHECKING:
    from core.datasets.overlay import Overlay


def overlay(
    dataset: Annotated[str, typer.Argument(metavar="NAME", help="The data set.")],
    file: Annotated[
        Path, typer.Option(help="CSV with a column image_id, and findings or subgroups.")
    ],
    name: Annotated[
        str | None, typer.Option(help="What to call it; the file's name unless given.")
    ] = None,
    columns: Annotated[
        str | None, typer.Option(help="The columns to take, with commas; all unless given.")
    ] = None,
    as_json: AsJson = False,
    data: DataDir = DATA,
) -> None:
    """Register a table of labels (columns named as findings) or subgroups (all other columns).

    The manifest stays as it is. Evaluations report every subgroup; one of the same name is
    replaced.
    """
    from core.datasets.registered import register
    from core.store.data import DataStore

    store = DataStore(data)
    chosen = [each.strip() for each in columns.split(",")] if columns else []
    registered = register(store, store.dataset(dataset), name or file.stem, file, chosen)
    if as_json:
        output.json_out(_as_json(name or file.stem, registered))
        return
    _print(f"{dataset}, overlay {name or file.stem}", registered)


def _as_json(name: str, registered: "Overlay") -> dict[str, object]:
    return {
        "overlay": name,
        "images": registered.num_images,
        "subgroups": _groups(registered),
        "relabelled": registered.num_changed,
    }


def _groups(registered: "Overlay") -> dict[str, dict[str, int]]:
    """Images per value of each subgroup."""
    columns = registered.subgroups.drop("image_id")
    return {
        column.name: dict(column.drop_nulls().value_counts().sort(column.name).iter_rows())
        for column in columns
    }


def _print(title: str, registered: "Overlay") -> None:
    output.line(f"{title}: says something of {registered.num_images:,} images.")
    for name, counts in _groups(registered).items():
        told = ", ".join(f"{value} {count:,}" for value, count in counts.items())
        output.line(f"subgroup {name}: {told}")
    for finding, count in registered.num_changed.items():
        output.line(f"labels of {finding}: {count:,} differ from the manifest's own")
