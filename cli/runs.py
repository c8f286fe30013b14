"""`cxr runs`: what was trained, is being trained, or failed."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Annotated

import typer

from cli import output
from cli.options import RESULTS, AsJson, ResultsDir
from core.errors import BusyError, CxrError

if TYPE_CHECKING:
    from core.records import Entry
    from core.store import ResultStore

app = typer.Typer(help="List, show and remove runs.", no_args_is_help=True)


@app.command("list")
def list_runs(as_json: AsJson = False, results: ResultsDir = RESULTS) -> None:
    """All runs: where each stands, what it took, and why it failed."""
    from core.store import ResultStore

    store = ResultStore(results)
    entries = [store.entry(run_id) for run_id in (*store.run_ids(), *store.import_ids())]
    if as_json:
        output.json_out([_as_json(store, entry) for entry in entries])
        return
    if not entries:
        output.note(f"There are no runs in {results}/. Start with: cxr train …")
        return
    from rich.table import Table

    table = Table("run", "state", "seconds", "source", "weights", "created", box=None)
    for entry in entries:
        table.add_row(
            entry.run_id,
            _state(store, entry),
            _seconds(entry),
            entry.source or "–",
            _weights(entry),
            entry.created.partition("+")[0],
        )
    output.table(table)
    for entry in entries:
        for line in _remarks(store, entry):
            output.line(f"{entry.run_id}: {line}")


@app.command()
def show(run_id: str, results: ResultsDir = RESULTS) -> None:
    """A run's whole record, as JSON, with who is at work on it."""
    from core.store import ResultStore

    store = ResultStore(results)
    output.json_out(_as_json(store, store.entry(run_id)))


@app.command()
def remove(
    run_ids: Annotated[list[str], typer.Argument(metavar="RUN…")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    results: ResultsDir = RESULTS,
) -> None:
    """Delete runs with all their tables; none of them while one is at work."""
    from core.store import ResultStore

    store = ResultStore(results)
    folders = [store.folder(store.entry(run_id).run_id) for run_id in run_ids]
    busy = [f"{run_id} ({who})" for run_id in run_ids if (who := store.owner(run_id))]
    if busy:
        raise BusyError(f"Nothing was deleted; still at work: {', '.join(busy)}.")
    if not yes and not typer.confirm(f"Delete {len(folders)} runs?"):
        raise CxrError("Nothing was deleted.")
    for run_id, folder in zip(run_ids, folders, strict=True):
        with store.locked(run_id):
            shutil.rmtree(folder)
        output.line(f"removed {run_id}")


def _state(store: ResultStore, entry: Entry) -> str:
    from core.bench.plan import state_of
    from core.records import RunRecord

    if isinstance(entry, RunRecord):
        return state_of(entry, store.owner(entry.run_id))
    return entry.kind


def _seconds(entry: Entry) -> str:
    from core.records import RunRecord

    if isinstance(entry, RunRecord) and entry.seconds:
        return f"{sum(entry.seconds.values()):.1f}"
    return "–"


def _weights(entry: Entry) -> str:
    from core.records import RunRecord

    return entry.weights.kind if isinstance(entry, RunRecord) and entry.weights else "–"


def _remarks(store: ResultStore, entry: Entry) -> list[str]:
    """Who is at work on a run, and why it failed."""
    from core.records import RunRecord

    owner = store.owner(entry.run_id)
    error = entry.error if isinstance(entry, RunRecord) else None
    return [each for each in (owner, error) if each]


def _as_json(store: ResultStore, entry: Entry) -> dict[str, object]:
    standing = {"state": _state(store, entry), "owner": store.owner(entry.run_id)}
    return {**entry.model_dump(mode="json"), **standing}
