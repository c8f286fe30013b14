"""How much attention lies on regions that are no findings: `cxr localise --regions`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cli import output
from cli.attention_table import few_patients, per_cent, print_table, rows_as_json
from cli.progress import shown

if TYPE_CHECKING:
    import polars as pl

    from core.progress import Progress
    from core.roles import Split
    from core.store import DataStore, ResultStore

    Stores = tuple[DataStore, ResultStore]


def make_maps(
    run_id: str,
    dataset: str,
    image_ids: tuple[str, ...],
    method: str,
    stores: "Stores",
    progress: "Progress",
) -> None:
    """Decode images and explain them, where that is not done yet."""
    from core.stages import cache, explain

    cache.run(stores[0], dataset, stores[1].trained(run_id).spec.image, progress)
    request = explain.ExplainRequest(image_ids=image_ids, method=method)
    explain.run(run_id, dataset, request, *stores, progress)


def on_regions(
    run_ids: Sequence[str],
    datasets: Sequence[str],
    path: Path,
    stores: "Stores",
    split: "Split",
    method: str,
    num_resamples: int,
) -> "dict[str, pl.DataFrame]":
    """Score the maps of each run on the regions of a file; rows of `tables.REGIONS` by run."""
    import polars as pl

    from core.datasets.regions import read_regions
    from core.stages import regions as stage

    frames: dict[str, pl.DataFrame] = {}
    for run_id in run_ids:
        found: list[pl.DataFrame] = []
        for name in datasets:
            dataset = stores[0].dataset(name)
            boxes = read_regions(path, dataset.manifest)
            image_ids = stage.images_with_regions(dataset, boxes, split)
            with shown() as progress:
                make_maps(run_id, name, image_ids, method, stores, progress)
            found.append(stage.run(run_id, name, boxes, *stores, split, method, num_resamples))
        frames[run_id] = pl.concat(found)
    return frames


def print_regions(frames: "Mapping[str, pl.DataFrame]", grid: str, as_json: bool) -> None:
    """A table a run, findings by falling share on one grid; or JSON."""
    if as_json:
        output.json_out(rows_as_json(frames))
        return
    for run_id, frame in frames.items():
        output.line(
            f"Share of {run_id}'s positive attention inside each region, {grid} grid; a map "
            "without contrast has the area."
        )
        rows = frame.filter(grid=grid).sort(
            "dataset", "region", "value", descending=[False, False, True]
        )
        print_table(
            "Per cent [95 % interval by patient]; * fewer than 20 patients",
            ("data set", "region", "finding", "n", "share", "area"),
            [
                (
                    row["dataset"],
                    row["region"],
                    row["finding"] + few_patients(row),
                    str(row["n"]),
                    per_cent(row),
                    "–" if row["uniform"] is None else f"{100 * row['uniform']:.1f}",
                )
                for row in rows.iter_rows(named=True)
            ],
        )
