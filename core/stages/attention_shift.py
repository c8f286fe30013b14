"""Does attention move where AUROC falls: source beside target, finding by finding."""

from core.errors import DataError
from core.report.attention_shift import AttentionShift, auroc_rows, energy_rows, moved
from core.store.results import ResultStore
from core.tables import DEFAULT_METHOD, LOCALISATION, METRICS


def attention_shift(
    results: ResultStore,
    run_id: str,
    source: str,
    target: str,
    method: str = DEFAULT_METHOD,
    metric: str = "energy_of_ceiling",
) -> AttentionShift:
    """Compare what a run's tables say of two data sets, on the common grid, test split.

    Args:
        results: Holds the run's metrics and localisation.
        run_id: The run.
        source: Data set.
        target: Data set.
        method: Of the maps.
        metric: Row of `LOCALISATION_METRICS`.

    Raises:
        DataError: If the run was not scored or not localised on both.
    """
    scored, looked = results.read(run_id, METRICS), results.read(run_id, LOCALISATION)
    for name in (source, target):
        for rows, command in (
            (auroc_rows(scored, name), f"cxr eval {run_id} --target"),
            (energy_rows(looked, name, method, metric), "cxr localise"),
        ):
            if rows.is_empty():
                raise DataError(f"Run {run_id} has no such rows for {name}; run: {command} …")
    return moved(scored, looked, source, target, method, metric)
