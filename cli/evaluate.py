"""`cxr eval`: runs on a hospital that training never saw."""

from typing import Annotated

import typer

from cli import output
from cli.options import DATA, RESULTS, AllRuns, AsJson, DataDir, ResultsDir, RunIds
from cli.progress import shown
from cli.selection import selected_runs


def evaluate(
    target: Annotated[str, typer.Option(help="Indexed data set to score.")],
    run_ids: RunIds = None,
    all_runs: AllRuns = False,
    num_resamples: Annotated[
        int, typer.Option(help="Bootstrap replicates for the intervals.", min=0)
    ] = 1000,
    as_json: AsJson = False,
    data: DataDir = DATA,
    results: ResultsDir = RESULTS,
) -> None:
    """Predict and score runs on a target's test split, and on their source's own splits."""
    from cli.leaderboard import as_json as row_as_json
    from cli.leaderboard import print_leaderboard
    from core.report import leaderboard
    from core.stages import cache, predict
    from core.stages import evaluate as stage
    from core.store import DataStore, ResultStore

    stores = DataStore(data), ResultStore(results)
    chosen = selected_runs(stores[1], run_ids, all_runs)
    with shown() as progress:
        for done, run_id in enumerate(chosen):
            spec = stores[1].trained(run_id).spec
            for name in (spec.source, target):
                cache.run(stores[0], name, spec.image, progress)
                predict.run(run_id, name, *stores, progress)
            stage.run(run_id, target, *stores, num_resamples)
            progress("scoring runs", done + 1, len(chosen))
    if as_json:
        rows = leaderboard(stores[1], chosen, target, "test")
        output.json_out([row_as_json(row) for row in rows])
        return
    print_leaderboard(stores[1], chosen, target)
