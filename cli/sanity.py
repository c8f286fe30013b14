"""`cxr sanity`: whether maps depend on what the model has learnt."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import output
from cli.attention_options import Datasets, ImageSplit, Method, NumResamples
from cli.attention_table import number, print_table, rows_as_json
from cli.options import DATA, RESULTS, AllRuns, AsJson, DataDir, ResultsDir, RunIds
from cli.progress import shown
from cli.selection import selected_runs

if TYPE_CHECKING:
    pass


def sanity(
    datasets: Datasets,
    run_ids: RunIds = None,
    all_runs: AllRuns = False,
    split: ImageSplit = "test",
    method: Method = "gradcam",
    limit: Annotated[int, typer.Option(help="Size of the sample of images.", min=2)] = 64,
    num_resamples: NumResamples = 1000,
    as_json: AsJson = False,
    data: DataDir = DATA,
    results: ResultsDir = RESULTS,
) -> None:
    """Randomise a run's weights from the top down, and its labels, and compare the maps.

    A method whose maps stay alike says nothing of the model, and is flagged.
    """
    import polars as pl

    from core.roles import Split
    from core.stages import cache, explain
    from core.stages import sanity as stage
    from core.store import DataStore, ResultStore

    stores = DataStore(data), ResultStore(results)
    sample = explain.ExplainRequest(split=Split(split), limit=limit)
    frames: dict[str, pl.DataFrame] = {}
    for run_id in selected_runs(stores[1], run_ids, all_runs):
        found: list[pl.DataFrame] = []
        with shown() as progress:
            for name in datasets:
                dataset = stores[0].dataset(name)
                rows = explain.chosen_rows(dataset, sample)
                image_ids = tuple(dataset.manifest["image_id"].gather(rows))
                spec = stores[1].trained(run_id).spec
                for needed in (spec.source, name):
                    cache.run(stores[0], needed, spec.image, progress)
                request = stage.SanityRequest(image_ids, Split(split), method, num_resamples)
                found.append(stage.run(run_id, name, request, *stores, progress))
        frames[run_id] = pl.concat(found)
    if as_json:
        output.json_out(rows_as_json(frames))
        return
    for run_id, frame in frames.items():
        for name in datasets:
            _print(run_id, name, frame.filter(dataset=name, finding="pooled").to_dicts())


def _print(run_id: str, name: str, rows: list[dict[str, Any]]) -> None:
    flagged = [row["step"] for row in rows if "insensitive" in (row["flag"] or "")]
    verdict = (
        f"stay alike although the model does not ({', '.join(flagged)}): do not trust them"
        if flagged
        else "depend on the weights and on the labels"
    )
    output.line(f"On {name} the maps of {run_id} {verdict}.")
    print_table(
        "Median signed Spearman with the original maps, all findings pooled",
        ("what is random", "median [95 % interval]", "maps of other images", "maps", "constant"),
        [
            (
                row["step"],
                number(row),
                "–" if row["chance"] is None else f"{row['chance']:.2f}",
                str(row["n"]),
                str(row["n_undefined"]),
            )
            for row in rows
        ],
    )
