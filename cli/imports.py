"""`cxr import-predictions`: anyone's predictions under the same protocol."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import output
from cli.options import DATA, RESULTS, AsJson, DataDir, ResultsDir

if TYPE_CHECKING:
    from core.datasets.predictions import ForeignPredictions

MAX_NAMED = 10


def import_predictions(
    file: Annotated[
        Path, typer.Argument(help="CSV or parquet: an id column, a column of probabilities each.")
    ],
    name: Annotated[str, typer.Option(help="What the run is called.")],
    dataset: Annotated[str, typer.Option(help="Indexed data set that was predicted.")],
    source: Annotated[
        str | None,
        typer.Option(help="Data set that the model was trained on; without it, it is not ranked."),
    ] = None,
    id_column: Annotated[
        str | None, typer.Option(help="Column of image ids; found by its name unless given.")
    ] = None,
    num_resamples: Annotated[
        int, typer.Option(help="Bootstrap replicates for the intervals.", min=0)
    ] = 1000,
    as_json: AsJson = False,
    data: DataDir = DATA,
    results: ResultsDir = RESULTS,
) -> None:
    """Predictions that were made elsewhere become a run, which is scored like any other.

    Import the predictions of the source first (`--dataset SOURCE --source SOURCE`), if there are
    any: thresholds are then chosen on them. Without them, only 0.5 is a threshold.
    """
    from cli.leaderboard import as_json as board_as_json
    from cli.leaderboard import print_leaderboard
    from core.stages import evaluate as evaluation
    from core.stages import import_predictions as stage
    from core.store import DataStore, ResultStore

    stores = DataStore(data), ResultStore(results)
    request = stage.ImportRequest(file, name, dataset, source, id_column)
    foreign = stage.run(request, *stores)
    is_target = dataset != source
    if is_target:
        evaluation.run(name, dataset, *stores, num_resamples)
    if as_json:
        board = board_as_json(stores[1], (name,), dataset) if is_target else None
        output.json_out(_as_json(foreign) | {"leaderboard": board})
        return
    _print_matching(foreign, dataset)
    if is_target:
        print_leaderboard(stores[1], (name,), dataset)


def _print_matching(foreign: "ForeignPredictions", dataset: str) -> None:
    output.note(
        f"{foreign.frame.height:,} rows matched images of {dataset} by {foreign.matched_by}; "
        f"{len(foreign.findings)} of 14 findings are predicted."
    )
    for what, names in (
        ("rows of the file are no image of it and were left out", foreign.strangers),
        (f"images of {dataset} have no prediction and are not scored", foreign.without_prediction),
        ("columns were not used", foreign.unused_columns),
    ):
        if names:
            more = ", …" if len(names) > MAX_NAMED else ""
            output.note(f"{len(names):,} {what}: {', '.join(names[:MAX_NAMED])}{more}")


def _as_json(foreign: "ForeignPredictions") -> dict[str, object]:
    return {
        "num_matched": foreign.frame.height,
        "matched_by": foreign.matched_by,
        "findings": [str(finding) for finding in foreign.findings],
        "strangers": foreign.strangers,
        "without_prediction": foreign.without_prediction,
        "unused_columns": foreign.unused_columns,
    }
