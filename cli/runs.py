"""`cxr runs`: what was trained."""

import shutil
from typing import Annotated

import typer

from cli import output
from cli.options import RESULTS, AsJson, ResultsDir
from core.errors import CxrError

app = typer.Typer(help="List, show and remove runs.", no_args_is_help=True)


@app.command("list")
def list_runs(as_json: AsJson = False, results: ResultsDir = RESULTS) -> None:
    """All runs with their status."""
    from core.store import ResultStore

    store = ResultStore(results)
    records = [store.record(run_id) for run_id in store.run_ids()]
    if as_json:
        output.json_out([record.model_dump(mode="json") for record in records])
        return
    if not records:
        output.note(f"There are no runs in {results}/. Start with: cxr train …")
        return
    from rich.table import Table

    table = Table("run", "status", "regime", "source", "weights", "created", box=None)
    for record in records:
        weights = record.weights.kind if record.weights else "–"
        spec = record.spec
        table.add_row(
            record.run_id, record.status, spec.label, spec.source, weights, record.created
        )
    output.table(table)


@app.command()
def show(run_id: str, results: ResultsDir = RESULTS) -> None:
    """A run's whole record, as JSON."""
    from core.store import ResultStore

    output.json_out(ResultStore(results).record(run_id).model_dump(mode="json"))


@app.command()
def remove(
    run_ids: Annotated[list[str], typer.Argument(metavar="RUN…")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    results: ResultsDir = RESULTS,
) -> None:
    """Delete runs with all their tables."""
    from core.store import ResultStore

    store = ResultStore(results)
    folders = [store.folder(store.record(run_id).run_id) for run_id in run_ids]
    if not yes and not typer.confirm(f"Delete {len(folders)} runs?"):
        raise CxrError("Nothing was deleted.")
    for run_id, folder in zip(run_ids, folders, strict=True):
        with store.locked(run_id):
            shutil.rmtree(folder)
        output.line(f"removed {run_id}")
