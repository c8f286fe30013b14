"""`cxr eval`: runs on a hospital that training never saw."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli import output
from cli.options import DATA, RESULTS, AllRuns, AsJson, DataDir, ResultsDir, RunIds
from cli.progress import shown
from cli.selection import selected_entries
from core.progress import Progress

if TYPE_CHECKING:
    from core.records import Entry
    from core.store import DataStore, ResultStore


def evaluate(
    target: Annotated[str, typer.Option(help="Indexed data set to score.")],
    run_ids: RunIds = None,
    all_runs: AllRuns = False,
    policies: Annotated[
        str,
        typer.Option(
            help="Threshold policies, by commas: fixed-0.5, source-val, source-rate, and those "
            "that use the target and are marked so: target-rate, oracle; or all."
        ),
    ] = "fixed-0.5,source-val,source-rate",
    subgroups: Annotated[
        bool, typer.Option(help="Measure views, sexes, age bands and overlay columns apart too.")
    ] = True,
    intersections: Annotated[
        bool, typer.Option("--intersections", help="Pairs of these too, where large enough.")
    ] = False,
    weightings: Annotated[
        bool,
        typer.Option(help="Measure the target at the source's prevalence and mix of patients too."),
    ] = True,
    composites: Annotated[
        bool,
        typer.Option(
            "--composites",
            help="Score labels such as Mass or Nodule apart, by the larger of both scores.",
        ),
    ] = False,
    labels_from: Annotated[
        str | None,
        typer.Option(
            metavar="OVERLAY",
            help="Score the target against the labels of one of its overlays alone; the numbers "
            "stand apart, as TARGET@OVERLAY.",
        ),
    ] = None,
    num_resamples: Annotated[
        int, typer.Option(help="Bootstrap replicates for the intervals.", min=0)
    ] = 1000,
    as_json: AsJson = False,
    data: DataDir = DATA,
    results: ResultsDir = RESULTS,
) -> None:
    """Predict and score runs on a target's test split, and on their source's own splits."""
    from cli.leaderboard import as_json as board_as_json
    from cli.leaderboard import print_leaderboard
    from core.bench.references import score_references
    from core.datasets.registered import LABELS_FROM, labelled
    from core.metrics.thresholds import POLICIES
    from core.stages import evaluate as stage
    from core.store import DataStore, ResultStore

    stores = DataStore(data), ResultStore(results)
    asked = f"{target}{LABELS_FROM}{labels_from}" if labels_from else target
    entries = selected_entries(stores[1], run_ids, all_runs, target)
    labelled(stores[0], asked)
    named = POLICIES if policies == "all" else policies.split(",")
    request = stage.EvaluateRequest(
        tuple(dict.fromkeys(named)), subgroups, intersections, weightings, composites
    )
    with shown() as progress:
        for done, entry in enumerate(entries):
            _predict(entry, target, *stores, progress)
            stage.run(entry.run_id, asked, *stores, num_resamples, request)
            progress("scoring runs", done + 1, len(entries))
        indexed = (entry.source for entry in entries if entry.source in stores[0].names())
        for source in dict.fromkeys(indexed) or (None,):
            score_references(source, target, *stores, num_resamples, request, asked)
    chosen = tuple(entry.run_id for entry in entries)
    if as_json:
        output.json_out(board_as_json(stores[1], chosen, asked))
        return
    print_leaderboard(stores[1], chosen, asked)


def _predict(
    entry: "Entry", target: str, data: "DataStore", results: "ResultStore", progress: Progress
) -> None:
    """Predict source and target with a run that was trained here; imported ones are predicted."""
    from core.records import ImportRecord

    if isinstance(entry, ImportRecord):
        return

    from core.stages import cache, predict

    for name in (entry.source, target):
        cache.run(data, name, entry.spec.image, progress)
        predict.run(entry.run_id, name, data, results, progress)
