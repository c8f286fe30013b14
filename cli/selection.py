"""Which runs a command is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import ConfigError

if TYPE_CHECKING:
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
