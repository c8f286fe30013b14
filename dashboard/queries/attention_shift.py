"""Whether a run's attention moves where its AUROC falls, from its source to the page's target."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from core.report.attention_shift import moved
from core.tables import LOCALISATION
from dashboard.queries.reading import Run, run_table, version
from dashboard.stores import Stores


@dataclass(frozen=True, eq=False)
class Moved:
    """One run that was scored and localised on both sides.

    Args:
        run: The run.
        rank_correlation: Spearman of the two changes over findings; None where undefined.
        rows: One a finding (`core.report.attention_shift.AttentionShift`), AUROC's falls first.
    """

    run: Run
    rank_correlation: float | None
    rows: pl.DataFrame


def movements(stores: Stores, runs: Sequence[Run], target: str) -> tuple[Moved, ...]:
    """Those of the runs that have both on both sides.

    Raises:
        DataError: If a run's table is damaged.
    """
    found = (_moved(stores, run, target) for run in runs if run.record.spec.source != target)
    return tuple(each for each in found if each)


def _moved(stores: Stores, run: Run, target: str) -> Moved | None:
    return _moved_at(stores, run, target, version(stores, run.run_id, LOCALISATION))


@lru_cache(maxsize=512)
def _moved_at(stores: Stores, run: Run, target: str, changed: str) -> Moved | None:
    del changed
    localisation = run_table(stores, run.run_id, LOCALISATION)
    source = run.record.spec.source
    shift = moved(run.metrics, localisation, source, target)
    if shift.rows.is_empty():
        return None
    return Moved(run, shift.rank_correlation, shift.rows.sort("auroc_change", "finding"))


def follow(found: Sequence[Moved]) -> tuple[int, int]:
    """In how many runs attention falls with AUROC, and in how many the correlation is defined."""
    known = [each.rank_correlation for each in found if each.rank_correlation is not None]
    return sum(value > 0 for value in known), len(known)
