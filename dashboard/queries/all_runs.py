"""Every run of a store, read again only where its files changed."""

from functools import lru_cache
from pathlib import Path

from core.errors import CxrError
from core.records import ImportRecord
from core.store.results import ResultStore
from core.tables import METRICS
from dashboard.queries.reading import AnyRun, Broken, Imported, Run, Runs, changed_at
from dashboard.stores import Stores


def all_runs(stores: Stores) -> Runs:
    """Every run; one that is damaged costs its own row and no other."""
    results = stores.results
    imported = results.import_ids()
    trained = (run_id for run_id in results.run_ids() if run_id not in imported)
    return _all_runs(
        results.root,
        tuple((run_id, _state(results, run_id, "run.json")) for run_id in trained),
        tuple((run_id, _state(results, run_id, "import.json")) for run_id in imported),
    )


def _state(results: ResultStore, run_id: str, record: str) -> tuple[int, ...]:
    """Changes with what a run is and with its numbers."""
    folder = results.folder(run_id)
    names = (record, "metrics.parquet", "replicates.parquet")
    return tuple(changed_at(folder / name) for name in names)


_States = tuple[tuple[str, tuple[int, ...]], ...]


@lru_cache(maxsize=4)
def _all_runs(root: Path, trained: _States, imported: _States) -> Runs:
    runs: list[Run] = []
    others: list[Imported] = []
    broken: list[Broken] = []
    for run_id, state in (*trained, *imported):
        try:
            run = _run(root, run_id, state)
        except CxrError as error:
            broken.append(Broken(run_id, str(error)))
        else:
            runs.append(run) if isinstance(run, Run) else others.append(run)
    return Runs(tuple(runs), tuple(broken), tuple(others))


@lru_cache(maxsize=512)
def _run(root: Path, run_id: str, state: tuple[int, ...]) -> AnyRun:
    del state
    results = ResultStore(root)
    entry, metrics = results.entry(run_id), results.read(run_id, METRICS)
    if isinstance(entry, ImportRecord):
        return Imported(run_id, entry, metrics)
    return Run(run_id, entry, metrics)
