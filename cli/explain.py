"""`cxr explain`: where a run looks."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import output
from cli.attention_options import ImageSplit, Method
from cli.attention_table import print_table
from cli.options import DATA, RESULTS, AllRuns, AsJson, DataDir, ResultsDir, RunIds
from cli.progress import shown
from cli.selection import selected_runs
from core.findings import FINDINGS, parse_findings

if TYPE_CHECKING:
    from core.stages import explain as stage


def explain(
    dataset: Annotated[str, typer.Option(help="Indexed data set whose images to explain.")],
    run_ids: RunIds = None,
    all_runs: AllRuns = False,
    findings: Annotated[
        list[str] | None, typer.Option(help="Findings by name; all 14 unless given.")
    ] = None,
    images: Annotated[
        list[str] | None, typer.Option("--image", help="Images by id; a sample unless given.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(help="Size of the sample, half of it positive; all images unless given."),
    ] = None,
    split: ImageSplit = "test",
    method: Method = "gradcam",
    as_json: AsJson = False,
    data: DataDir = DATA,
    results: ResultsDir = RESULTS,
) -> None:
    """Attention maps at native resolution, for the same images in every run.

    Maps are stored signed and unnormalised. The same command again makes only what is missing.
    """
    wanted = parse_findings(findings) if findings else FINDINGS

    from core.roles import Split
    from core.stages import cache, peaks
    from core.stages import explain as stage
    from core.store import DataStore, ResultStore

    stores = DataStore(data), ResultStore(results)
    chosen = selected_runs(stores[1], run_ids, all_runs)
    request = stage.ExplainRequest(
        findings=wanted,
        image_ids=tuple(images or ()),
        split=Split(split),
        limit=limit,
        method=method,
    )
    made: dict[str, stage.Made] = {}
    with shown() as progress:
        for run_id in chosen:
            cache.run(stores[0], dataset, stores[1].trained(run_id).spec.image, progress)
            made[run_id] = stage.run(run_id, dataset, request, *stores, progress)
    found = {
        run_id: peaks.run(run_id, dataset, images, *stores, method).to_dicts() if images else []
        for run_id in made
    }
    if as_json:
        output.json_out(
            {run_id: _numbers(each) | {"peaks": found[run_id]} for run_id, each in made.items()}
        )
        return
    for run_id, each in made.items():
        output.line(
            f"{run_id}: {each.num_maps:,} maps on {dataset} ({_size(each)}); "
            f"{each.num_new:,} new in {each.seconds:.1f} s ({_rate(each):,.0f} maps/s)"
        )
        if images:
            _print_peaks(found[run_id])


def _print_peaks(rows: list[dict[str, Any]]) -> None:
    print_table(
        "Where the maps are highest, in pixels of the original image",
        ("image", "finding", "probability", "x", "y"),
        [
            (
                row["image_id"],
                row["finding"],
                f"{row['probability']:.3f}",
                *("–" if row[axis] is None else f"{row[axis]:.0f}" for axis in ("x", "y")),
            )
            for row in rows
        ],
    )


def _numbers(made: "stage.Made") -> dict[str, Any]:
    return {
        "num_maps": made.num_maps,
        "num_new": made.num_new,
        "seconds": round(made.seconds, 3),
        "maps_per_second": round(_rate(made), 1) if made.num_new else None,
        "num_bytes": made.num_bytes,
    }


def _rate(made: "stage.Made") -> float:
    return made.num_new / made.seconds


def _size(made: "stage.Made") -> str:
    return f"{made.num_bytes / 1e6:,.1f} MB"
