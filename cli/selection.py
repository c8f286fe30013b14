"""Which runs a command is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import ConfigError

if TYPE_CHECKING:
    from core.records import Entry
    from core.store import ResultStore


def selected_runs(
    results: ResultStore, run_ids: list[str] | None, all_runs: bool
) -> tuple[str, ...]:
    """The runs that the user named, or all that are done.

    Raises:
        ConfigError: If none was named, a name is unknown, or no run is done.
    """
    if bool(run_ids) == all_runs:
        raise ConfigError("Name the runs, or say --all for all that are done; not both.")
    if run_ids:
        return tuple(results.trained(run_id).run_id for run_id in run_ids)
    done = results.done()
    if not done:
        raise ConfigError(f"No run is done in {results.root}/. Start with: cxr train …")
    return done


def selected_entries(
    results: ResultStore, run_ids: list[str] | None, all_runs: bool, target: str | None = None
) -> tuple[Entry, ...]:
    """As `selected_runs`, with the imported runs: given a target, of all those that predict it.

    Raises:
        ConfigError: If none was named, a name is unknown, or there is no run.
    """
    if run_ids and not all_runs:
        return tuple(map(results.finished, run_ids))
    imported = [
        entry
        for entry in map(results.entry, results.import_ids())
        if target is None or _predicts(results, entry, target)
    ]
    if not imported or run_ids or not all_runs:
        return tuple(map(results.trained, selected_runs(results, run_ids, all_runs)))
    return (*map(results.trained, results.done()), *imported)


def _predicts(results: ResultStore, entry: Entry, target: str) -> bool:
    from core.tables import PREDICTIONS

    return results.has(entry.run_id, PREDICTIONS, target) and entry.source != target
