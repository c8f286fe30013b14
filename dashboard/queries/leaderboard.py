"""The overview: runs that answer the same question, ranked, and all others with the reason."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core.records import ImportRecord, RunStatus
from core.report.spread import Spread
from core.store.results import ResultStore
from dashboard.queries.cells import Place
from dashboard.queries.paired import Tie, baseline_of, detailed, tie
from dashboard.queries.reading import AnyRun, Broken, Runs
from dashboard.queries.spread import spreads
from dashboard.queries.study_row import Question, Row, question, row_of
from dashboard.stores import Stores


@dataclass(frozen=True)
class Apart:
    """A run that is shown and not ranked, with the reason in one sentence."""

    row: Row
    reason: str


@dataclass(frozen=True)
class Leaderboard:
    """The overview of one place.

    Args:
        where: Data set, split and policy.
        ranked: Runs on the same question, by falling headline value; the shown ones.
        apart: Runs that are not ranked; the shown ones.
        waiting: Runs without a number here, and why.
        broken: Runs that cannot be read.
        tie: Who is tied with the highest; None where nothing is ranked.
        spreads: Run id to how far the trainings of its method lie apart.
        num_ranked: Ranked runs, shown or not.
        num_apart: Runs that are not ranked, shown or not.
    """

    where: Place
    ranked: tuple[Row, ...]
    apart: tuple[Apart, ...]
    waiting: tuple[Broken, ...]
    broken: tuple[Broken, ...]
    tie: Tie | None
    spreads: Mapping[str, Spread]
    num_ranked: int
    num_apart: int

    @property
    def rows(self) -> tuple[Row, ...]:
        """The shown runs, ranked ones first."""
        return (*self.ranked, *(each.row for each in self.apart))

    @property
    def num_hidden(self) -> int:
        """Runs that have numbers and are not shown."""
        return self.num_ranked + self.num_apart - len(self.rows)


def leaderboard(
    stores: Stores, runs: Runs, where: Place, baseline: str = "", most: int | None = None
) -> Leaderboard:
    """Rank the runs in one place.

    Args:
        stores: Where to read.
        runs: Which runs.
        where: The place.
        baseline: The run that others are held against; "" for none.
        most: How many runs are shown; the replicates of others are not read. None for all.
    """
    return _leaderboard(stores.results.root, runs, where, baseline, most)


@lru_cache(maxsize=64)
def _leaderboard(
    root: Path, runs: Runs, where: Place, baseline: str, most: int | None
) -> Leaderboard:
    results = ResultStore(root)
    rows = {run.run_id: row_of(run, where) for run in runs.every}
    ranked, apart = _sorted_out([row for row in rows.values() if row.cells], where)
    held = baseline_of(results, rows[baseline], where) if baseline in rows else None
    shown, broken = detailed(results, ranked[:most], where, held)
    rest = None if most is None else max(most - len(ranked), 0)
    others, also_broken = detailed(results, [each.row for each in apart[:rest]], where, held)
    reasons = {each.row.run.run_id: each.reason for each in apart}
    waiting = [row.run for row in rows.values() if not row.cells]
    lost = {each.run_id for each in broken}
    whole = [row for row in ranked if row.run.run_id not in lost]
    return Leaderboard(
        where,
        tuple(shown),
        tuple(Apart(row, reasons[row.run.run_id]) for row in others),
        tuple(Broken(run.run_id, _why_waiting(run, where)) for run in waiting),
        (*runs.broken, *broken, *also_broken),
        tie(results, whole, where) if whole else None,
        spreads(rows.values()),
        len(whole),
        len(apart) - len(also_broken),
    )


def standing(runs: Sequence[AnyRun], where: Place) -> tuple[AnyRun, ...]:
    """The runs with numbers in a place, in the order of the overview; no replicates are read."""
    ranked, apart = _sorted_out([row_of(run, where) for run in runs], where)
    rows = (*ranked, *(each.row for each in apart))
    return tuple(row.run for row in rows if row.cells)


def _sorted_out(rows: Sequence[Row], where: Place) -> tuple[list[Row], list[Apart]]:
    """Rows that may be ranked by falling value, and the others with the reason."""
    reasons = {row.run.run_id: _own_reason(row, where) for row in rows}
    asked = _most_asked([row for row in rows if reasons[row.run.run_id] is None])
    for row in rows:
        if reasons[row.run.run_id] is None and question(row) != asked:
            reasons[row.run.run_id] = _other_question(row)
    ordered = sorted(rows, key=lambda row: -(row.value or 0.0))
    apart = [Apart(row, reason) for row in ordered if (reason := reasons[row.run.run_id])]
    return [row for row in ordered if reasons[row.run.run_id] is None], apart


def _why_waiting(run: AnyRun, where: Place) -> str:
    record = run.record
    if isinstance(record, ImportRecord) or record.status == RunStatus.DONE:
        return f"not evaluated here yet: cxr eval {run.run_id} --target {where.dataset}"
    if record.status == RunStatus.FAILED:
        return f"training failed: {record.error or 'no reason was recorded'}"
    return f"training is {record.status}"


def _own_reason(row: Row, where: Place) -> str | None:
    record = row.run.record
    if reason := record.why_not_ranked(where.dataset):
        return reason
    if record.source == where.dataset:
        return f"{where.dataset} is this run’s own source: nothing is transferred."
    if row.cell is None or row.cell.value is None:
        return "The headline number is undefined here."
    if row.cell.target_use != "none":
        return f"It used the target’s {row.cell.target_use}."
    return None


def _most_asked(rows: Sequence[Row]) -> Question | None:
    asked = Counter(map(question, rows))
    return max(asked, key=lambda each: (asked[each], each[1]), default=None)


def _other_question(row: Row) -> str:
    label_set, n, num_resamples = question(row)
    return f"Another question: {label_set}, {n} images, {num_resamples} replicates."
