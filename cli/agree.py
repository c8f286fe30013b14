"""`cxr agree`: whether maps agree, beyond what maps of any two images share."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import output
from cli.attention_options import Datasets, ImageSplit, Method, NumResamples
from cli.attention_table import number, print_table, rows_as_json
from cli.options import DATA, RESULTS, AllRuns, AsJson, DataDir, ResultsDir, RunIds
from cli.progress import shown
from cli.selection import selected_runs

if TYPE_CHECKING:
    import polars as pl

_TITLES = {
    "models": "another run, same finding",
    "resamples": "same run, patients resampled",
    "findings": "another finding, same run",
    "perturbation": "the same image, changed",
}


def agree(
    datasets: Datasets,
    run_ids: RunIds = None,
    all_runs: AllRuns = False,
    split: ImageSplit = "test",
    method: Method = "gradcam",
    limit: Annotated[
        int, typer.Option(help="Size of the sample of images, the same for all runs.", min=2)
    ] = 200,
    num_resamples: NumResamples = 1000,
    as_json: AsJson = False,
    data: DataDir = DATA,
    results: ResultsDir = RESULTS,
) -> None:
    """Agreement of maps between runs, between findings, and under small changes.

    0 is what maps of different images share, 1 is the same map. Maps that are missing are made
    first.
    """
    import polars as pl

    from core.roles import Split
    from core.stages import agree as stage
    from core.stages import cache, explain
    from core.store import DataStore, ResultStore

    stores = DataStore(data), ResultStore(results)
    chosen = selected_runs(stores[1], run_ids, all_runs)
    request = explain.ExplainRequest(split=Split(split), limit=limit, method=method)
    found: dict[str, list[pl.DataFrame]] = {run_id: [] for run_id in chosen}
    with shown() as progress:
        for name in datasets:
            dataset = stores[0].dataset(name)
            image_ids: tuple[str, ...] = ()
            for run_id in chosen:
                cache.run(stores[0], name, stores[1].trained(run_id).spec.image, progress)
                image_ids = explain.run(run_id, name, request, *stores, progress).image_ids
            on = stage.subjects(dataset, image_ids, Split(split), method, num_resamples)
            for run_id, frame in stage.between_runs(chosen, on, stores[1]).items():
                found[run_id] += [frame, stage.within_run(run_id, on, *stores, progress)]
    frames = {run_id: pl.concat(each) for run_id, each in found.items()}
    if as_json:
        output.json_out(rows_as_json(frames))
        return
    for name in datasets:
        _print(name, {run_id: frame.filter(dataset=name) for run_id, frame in frames.items()})


def _print(name: str, frames: "dict[str, pl.DataFrame]") -> None:
    pooled = [
        {"run_id": run_id} | row
        for run_id, frame in frames.items()
        for row in frame.filter(finding="pooled").to_dicts()
    ]
    by_key: dict[tuple[str, str, str], dict[str, dict[str, Any]]] = {}
    for row in pooled:
        key = row["comparison"], row["run_id"], row["other"]
        by_key.setdefault(key, {})[row["metric"]] = row
    marks = {run_id: str(number) for number, run_id in enumerate(frames, start=1)}
    output.line(_sentence(name, pooled))
    print_table(
        "Maps compared, all findings pooled: agreement [95 % interval by patient]",
        ("compared with", "run", "other", "Spearman", "same", "chance", "IoU of top decile"),
        [
            (
                _TITLES[comparison],
                marks[run_id],
                "–" if other == "pooled" else marks.get(other, other),
                number(found["spearman"]),
                _plain(found["spearman"]["same"]),
                _plain(found["spearman"]["chance"]),
                number(found["top_decile_iou"]),
            )
            for (comparison, run_id, other), found in by_key.items()
        ],
    )
    for run_id, mark in marks.items():
        output.line(f"run {mark}: {run_id}")


def _sentence(name: str, pooled: list[dict[str, Any]]) -> str:
    spearman = [row for row in pooled if row["metric"] == "spearman"]
    models = [row for row in spearman if row["comparison"] in ("models", "resamples")]
    shown_rows = models or [row for row in spearman if row["comparison"] == "perturbation"]
    defined = [row for row in shown_rows if row["value"] is not None]
    if not defined:
        return f"On {name} no two maps can be compared (n = 0)."
    worst = min(defined, key=lambda row: row["value"])
    return (
        f"On {name} the maps that agree least are those of {worst['run_id']} with "
        f"{worst['other']}: {number(worst)} beyond chance (0: maps of other images, 1: the same; "
        f"Spearman, {worst['n']:,} maps of {worst['n_patients']:,} patients)."
    )


def _plain(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
