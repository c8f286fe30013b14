"""`cxr bundle`: results for a reviewer's laptop."""

from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.options import DATA, RESULTS, AllRuns, AsJson, DataDir, ResultsDir, RunIds
from cli.progress import shown
from cli.selection import selected_entries


def bundle(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder.")],
    run_ids: RunIds = None,
    all_runs: AllRuns = False,
    allow_restricted: Annotated[
        bool,
        typer.Option(
            "--allow-restricted",
            help="Pass on maps, predictions and small pictures of restricted data too.",
        ),
    ] = False,
    as_json: AsJson = False,
    data: DataDir = DATA,
    results: ResultsDir = RESULTS,
) -> None:
    """Put results, maps and thumbnails in one folder that opens without the data or torch."""
    from core.stages import bundle as stage
    from core.store import DataStore, ResultStore

    stores = DataStore(data), ResultStore(results)
    chosen = [entry.run_id for entry in selected_entries(stores[1], run_ids, all_runs)]
    with shown() as progress:
        made = stage.run(out, chosen, *stores, allow_restricted, progress)
    if as_json:
        output.json_out(vars(made))
        return
    for sentence in made.left_out:
        output.note(sentence)
    output.line(
        f"{out}: {len(made.run_ids)} runs, {made.num_thumbnails} thumbnails, "
        f"{made.num_bytes / 1e6:.1f} MB. Open it: "
        f"cxr dashboard --data {out}/data --results {out}/results"
    )
