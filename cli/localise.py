"""`cxr localise`: whether a run looks at the right place."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cli import output
from cli.attention_options import Datasets, ImageSplit, Method, NumResamples
from cli.attention_table import few_patients, per_cent, print_table, rows_as_json
from cli.options import DATA, RESULTS, AllRuns, AsJson, DataDir, ResultsDir, RunIds
from cli.progress import shown
from cli.regions import make_maps, on_regions, print_regions
from cli.selection import selected_runs

if TYPE_CHECKING:
    import polars as pl

    from core.store import ResultStore


def localise(
    datasets: Datasets,
    run_ids: RunIds = None,
    all_runs: AllRuns = False,
    split: ImageSplit = "test",
    method: Method = "gradcam",
    regions: Annotated[
        Path | None,
        typer.Option(
            help="CSV (image_id, region, x, y, width, height in fractions of the image): how much "
            "attention lies on these regions, such as markers, in the place of boxes."
        ),
    ] = None,
    gate: Annotated[
        Literal["all", "above-threshold", "true-positives"],
        typer.Option(help="Which maps to show: by the run's score at its source-val threshold."),
    ] = "all",
    grid: Annotated[
        Literal["common", "native"],
        typer.Option(help="Grid to show: the common 7 × 7, or each backbone's own."),
    ] = "common",
    num_resamples: NumResamples = 1000,
    as_json: AsJson = False,
    data: DataDir = DATA,
    results: ResultsDir = RESULTS,
) -> None:
    """Score attention maps against boxes: pointing game, energy, overlap.

    Maps that are missing are made first. Beside each run stand maps that ask no model.
    """
    import polars as pl

    from core.errors import ConfigError
    from core.roles import Split
    from core.saliency.localisation import LOCALISATION_METRICS
    from core.stages import localise as stage
    from core.store import DataStore, ResultStore

    stores = DataStore(data), ResultStore(results)
    chosen = selected_runs(stores[1], run_ids, all_runs)
    shared = (Split(split), method, num_resamples)
    if regions is not None:
        if gate != "all":
            raise ConfigError(f"--gate {gate} is for boxes; leave it out with --regions.")
        found = on_regions(chosen, datasets, regions, stores, *shared)
        print_regions(found, grid, as_json)
        return
    frames: dict[str, pl.DataFrame] = {}
    for run_id in chosen:
        found_here: list[pl.DataFrame] = []
        with shown() as progress:
            for name in datasets:
                image_ids = stage.boxed_images(stores[0].dataset(name), Split(split))
                make_maps(run_id, name, image_ids, method, stores, progress)
                found_here.append(stage.run(run_id, name, *stores, *shared))
        frames[run_id] = pl.concat(found_here)
    if as_json:
        output.json_out(rows_as_json(frames))
        return
    titles = {name: metric.title for name, metric in LOCALISATION_METRICS.items()}
    for run_id, frame in frames.items():
        for name in datasets:
            _print(run_id, frame.filter(dataset=name, gate=gate, grid=grid), titles)
        if len(datasets) > 1:
            _print_shift(stores[1], run_id, datasets, method)


def _print(run_id: str, shown_rows: "pl.DataFrame", titles: dict[str, str]) -> None:
    rows = shown_rows.to_dicts()
    output.line(_sentence(run_id, rows))
    pooled = [row for row in rows if row["finding"] == "pooled"]
    by_method = {name: _by_metric(pooled, name) for name in dict.fromkeys(_methods(pooled))}
    print_table(
        "All findings pooled, per cent [95 % interval by patient]",
        ("maps", *titles.values()),
        [
            (name, *(per_cent(found[metric]) for metric in titles))
            for name, found in by_method.items()
        ],
    )
    own = [row for row in rows if not row["is_baseline"] and row["finding"] != "pooled"]
    findings = dict.fromkeys(row["finding"] for row in own)
    print_table(
        "The run's maps by finding; * fewer than 20 patients",
        ("finding", "n", *titles.values()),
        [_finding_line(finding, own, titles) for finding in findings],
    )


def _print_shift(results: "ResultStore", run_id: str, datasets: list[str], method: str) -> None:
    from core.errors import DataError
    from core.stages.attention_shift import attention_shift

    source = results.trained(run_id).spec.source
    if source not in datasets:
        return
    for target in (name for name in datasets if name != source):
        try:
            shift = attention_shift(results, run_id, source, target, method)
        except DataError as error:
            output.note(str(error))
            continue
        correlation = shift.rank_correlation
        said = "undefined" if correlation is None else f"{correlation:.2f}"
        output.line(
            f"From {source} to {target} the change of attention goes with the change of AUROC "
            f"with a rank correlation of {said} over {shift.rows.height} findings."
        )
        columns = [name for name in shift.rows.columns if name != "finding"]
        print_table(
            "AUROC and energy / ceiling, per cent",
            ("finding", *(name.replace("_", ", ") for name in columns)),
            [
                (row["finding"], *(_plain(row[name]) for name in columns))
                for row in shift.rows.to_dicts()
            ],
        )


def _plain(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"


def _finding_line(finding: str, rows: list[dict[str, Any]], titles: dict[str, str]) -> list[str]:
    found = {row["metric"]: row for row in rows if row["finding"] == finding}
    pointing = found["pointing_game"]
    return [
        finding + few_patients(pointing),
        str(pointing["n"]),
        *(per_cent(found[metric]) for metric in titles),
    ]


def _sentence(run_id: str, rows: list[dict[str, Any]]) -> str:
    pointing = [
        row for row in rows if row["finding"] == "pooled" and row["metric"] == "pointing_game"
    ]
    own = next(row for row in pointing if not row["is_baseline"])
    others = [row for row in pointing if row["is_baseline"] and row["value"] is not None]
    where = f"On {own['dataset']} ({own['split']}, {own['grid']} grid, gate {own['gate']})"
    if own["value"] is None or not others:
        return f"{where} {run_id} has no map with boxes to score (n = 0)."
    best = max(others, key=lambda row: row["value"])
    return (
        f"{where} the maximum of {run_id}'s maps lies in the box in {per_cent(own)} % of "
        f"{own['n']} images and findings of {own['n_patients']} patients; of the maps without a "
        f"model, {best['method']} reaches {per_cent(best)} %."
    )


def _methods(rows: list[dict[str, Any]]) -> list[str]:
    return [row["method"] for row in rows]


def _by_metric(rows: list[dict[str, Any]], method: str) -> dict[str, dict[str, Any]]:
    return {row["metric"]: row for row in rows if row["method"] == method}
