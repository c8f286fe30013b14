"""`cxr runs`: what was trained, is being trained, or failed, and whether it is still whole."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Annotated

import typer

from cli import output
from cli.options import DATA, RESULTS, AsJson, DataDir, ResultsDir
from cli.progress import shown
from core.errors import BusyError, CxrError, DataError

if TYPE_CHECKING:
    from core.bench.repair import Repaired
    from core.records import Entry
    from core.stages.verify import Fault
    from core.store import ResultStore

app = typer.Typer(help="List, show, verify, repair and remove runs.", no_args_is_help=True)


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
    from rich.table import Column, Table

    others = (Column(name, no_wrap=True) for name in ("state", "seconds", "weights", "made"))
    table = Table(Column("run", overflow="fold"), *others, box=None, pad_edge=False)
    for entry in entries:
        made = entry.created.partition("T")[0]
        table.add_row(entry.run_id, _state(store, entry), _seconds(entry), _weights(entry), made)
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


@app.command()
def verify(
    run_ids: Annotated[
        list[str] | None, typer.Argument(metavar="RUN…", help="All unless named.")
    ] = None,
    as_json: AsJson = False,
    data: DataDir = DATA,
    results: ResultsDir = RESULTS,
) -> None:
    """Hash every file again and say what is damaged or gone; without RUN data and notes too.

    Ends with exit code 3 if anything is. Source images are checked by cxr data cache --verify.
    """
    from core.stages import verify as stage
    from core.store import DataStore, ResultStore

    stores = DataStore(data), ResultStore(results)
    chosen = run_ids or stage.run_folders(stores[1])
    busy = [run_id for run_id in chosen if stores[1].owner(run_id)]
    faults = [
        fault
        for run_id in chosen
        if run_id not in busy
        for fault in stage.verify_run(stores[1], run_id)
    ]
    if not run_ids:
        faults += (
            fault for name in stores[0].names() for fault in stage.verify_dataset(stores[0], name)
        )
        faults += stage.verify_notes(stores[1])
    broken = [fault for fault in faults if fault.kind != stage.Kind.LEFT_OVER]
    if as_json:
        told = [{**vars(fault), "path": str(fault.path)} for fault in faults]
        output.json_out(
            {"whole": not broken, "num_runs": len(chosen), "busy": busy, "faults": told}
        )
    else:
        _print_verified(faults, len(broken), len(chosen), busy)
    if broken:
        raise typer.Exit(DataError.exit_code)


def _print_verified(faults: list[Fault], num_broken: int, num_runs: int, busy: list[str]) -> None:
    for fault in faults:
        output.line(f"{fault.owner}: {fault.kind}: {fault.reason}")
    for run_id in busy:
        output.note(f"{run_id}: a process is at work on it; not verified.")
    if num_broken:
        output.line(f"{num_broken} files are damaged or missing; mend runs with: cxr runs repair.")
    else:
        output.line(f"{num_runs} runs: nothing is damaged or missing.")


@app.command()
def repair(
    run_ids: Annotated[
        list[str] | None, typer.Argument(metavar="RUN…", help="All unless named.")
    ] = None,
    as_json: AsJson = False,
    data: DataDir = DATA,
    results: ResultsDir = RESULTS,
) -> None:
    """Move damaged files aside (NAME.damaged) and do again only what made them.

    Ends with exit code 3 if something is left that cannot be made here; it is named.
    """
    from core.stages.verify import Kind, run_folders, verify_run
    from core.store import DataStore, ResultStore

    store = ResultStore(results)
    faulty = [
        run_id
        for run_id in run_ids or run_folders(store)
        if not store.owner(run_id) and any(verify_run(store, run_id))
    ]
    repaired: list[Repaired] = []
    if faulty:
        # Here, so that a store without faults needs no torch.
        from core.bench.repair import repair as repair_run
        from core.bench.work import Stores

        with shown() as progress:
            stores = Stores(DataStore(data), store)
            repaired = [repair_run(run_id, stores, progress) for run_id in faulty]
    outcome = {
        run_id: {
            "faults": [each.reason for each in one.faults if each.kind != Kind.LEFT_OVER],
            "redone": one.redone,
            "left": one.left,
        }
        for run_id, one in zip(faulty, repaired, strict=True)
    }
    if as_json:
        output.json_out(outcome)
    else:
        for run_id, one in zip(faulty, repaired, strict=True):
            output.line(f"{run_id}: {', '.join(one.redone) or 'nothing'} was done again.")
            for sentence in one.left:
                output.line(f"{run_id}: {sentence}")
        output.line(f"{len(faulty)} runs had faults.")
    if any(one.left for one in repaired):
        raise typer.Exit(DataError.exit_code)


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
