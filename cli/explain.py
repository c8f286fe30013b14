"""`cxr explain`: where a run looks."""

from typing import Annotated

import typer

from cli import output
from cli.options import DATA, RESULTS, AllRuns, AsJson, DataDir, ResultsDir, RunIds
from cli.progress import shown
from cli.selection import selected_runs
from core.findings import FINDINGS, parse_findings


def explain(
    dataset: Annotated[str, typer.Option(help="Indexed data set whose test images to explain.")],
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
    as_json: AsJson = False,
    data: DataDir = DATA,
    results: ResultsDir = RESULTS,
) -> None:
    """Grad-CAM maps at native resolution, for the same images in every run."""
    wanted = parse_findings(findings) if findings else FINDINGS

    from core.stages import cache
    from core.stages import explain as stage
    from core.store import DataStore, ResultStore

    stores = DataStore(data), ResultStore(results)
    chosen = selected_runs(stores[1], run_ids, all_runs)
    request = stage.ExplainRequest(findings=wanted, image_ids=tuple(images or ()), limit=limit)
    counts: dict[str, int] = {}
    with shown() as progress:
        for run_id in chosen:
            cache.run(stores[0], dataset, stores[1].trained(run_id).spec.image, progress)
            counts[run_id] = stage.run(run_id, dataset, request, *stores, progress).height
    if as_json:
        output.json_out(counts)
        return
    for run_id, count in counts.items():
        output.line(f"{run_id}: {count:,} maps on {dataset}")
