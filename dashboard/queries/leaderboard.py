"""The overview: runs that answer the same question, ranked, and all others with the reason."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from core.errors import CxrError
from core.metrics.compare import Estimate, tied_set
from core.records import RunStatus
from core.tables import REPLICATES
from dashboard.queries.cells import (
    HEADLINE,
    STUDY_COLUMNS,
    Cell,
    Place,
    cells_at,
    replicates_at,
)
from dashboard.queries.reading import Broken, Run, Runs, run_table
from dashboard.queries.transfer import Transfer, scored_findings, transfer
from dashboard.stores import Stores
from dashboard.tokens import RunToken, token

Question = tuple[str | None, int, int | None]
"""Label set, number of images, number of replicates: equal for runs that may be ranked."""


@dataclass(frozen=True)
class Row:
    """One run in the study's table.

    Args:
        run: The run.
        look: Its mark and names.
        cells: Column label to number; a column without a row in the metrics is left out.
        transfer: Source test and gap, or None.
        findings: What its macro averages cover.
        headline: Its headline number with the replicates.
    """

    run: Run
    look: RunToken
    cells: Mapping[str, Cell]
    transfer: Transfer | None
    findings: tuple[str, ...]
    headline: Estimate

    @property
    def is_like_for_like(self) -> bool:
        """Whether source test covers the very findings of the headline number."""
        return self.transfer is not None and self.transfer.findings == self.findings

    @property
    def at_home(self) -> float | None:
        """The headline on source test, where it may stand beside the one here."""
        return self.transfer.at_home.value if self.transfer and self.is_like_for_like else None

    @property
    def cell(self) -> Cell | None:
        """The headline number."""
        return self.cells.get(HEADLINE.label)


@dataclass(frozen=True)
class Apart:
    """A run that is shown and not ranked, with the reason in one sentence."""

    row: Row
    reason: str


@dataclass(frozen=True)
class Tie:
    """The highest observed run and those not significantly below it.

    Args:
        run_ids: By falling value; None where the replicates are too few to tell.
        num_pairs: m, the size of the family.
        num_resamples: B.
    """

    run_ids: tuple[str, ...] | None
    num_pairs: int
    num_resamples: int


@dataclass(frozen=True)
class Leaderboard:
    """The overview of one place.

    Args:
        where: Data set, split and policy.
        ranked: Runs on the same question, by falling headline value.
        apart: Runs that are not ranked.
        waiting: Runs without a number here, and why.
        broken: Runs that cannot be read.
        tie: Who is tied with the highest; None where nothing is ranked.
    """

    where: Place
    ranked: tuple[Row, ...]
    apart: tuple[Apart, ...]
    waiting: tuple[Broken, ...]
    broken: tuple[Broken, ...]
    tie: Tie | None


def leaderboard(stores: Stores, runs: Runs, where: Place) -> Leaderboard:
    """Rank the runs in one place."""
    rows, waiting, broken = _rows(stores, runs, where)
    reasons = {row.run.run_id: _own_reason(row, where) for row in rows}
    free = [row for row in rows if reasons[row.run.run_id] is None]
    asked = _most_asked(free)
    for row in free:
        if _question(row) != asked:
            reasons[row.run.run_id] = _other_question(row)
    ranked = [row for row in rows if reasons[row.run.run_id] is None]
    apart = [Apart(row, reason) for row in rows if (reason := reasons[row.run.run_id])]
    return Leaderboard(
        where,
        tuple(_sorted(ranked)),
        tuple(apart),
        tuple(waiting),
        (*runs.broken, *broken),
        _tie(ranked) if ranked else None,
    )


def _rows(stores: Stores, runs: Runs, where: Place) -> tuple[list[Row], list[Broken], list[Broken]]:
    rows: list[Row] = []
    waiting: list[Broken] = []
    broken: list[Broken] = []
    for run in runs.read:
        try:
            row = _row(stores, run, where)
        except CxrError as error:
            broken.append(Broken(run.run_id, str(error)))
            continue
        if row.cells:
            rows.append(row)
        else:
            waiting.append(Broken(run.run_id, _why_waiting(run, where)))
    return rows, waiting, broken


def _row(stores: Stores, run: Run, where: Place) -> Row:
    found = {
        column.label: cells_at(run.metrics, where, column.metric).get(column.finding)
        for column in STUDY_COLUMNS
    }
    cells = {label: cell for label, cell in found.items() if cell}
    replicates = run_table(stores, run.run_id, REPLICATES)
    drawn = replicates_at(replicates, where, HEADLINE.metric).get(HEADLINE.finding)
    headline = cells.get(HEADLINE.label)
    return Row(
        run=run,
        look=token(run.record.spec),
        cells=cells,
        transfer=transfer(run.metrics, replicates, run.record.spec.source, where),
        findings=scored_findings(run.metrics, where),
        headline=Estimate(
            headline.value if headline else None,
            np.empty(0, np.float32) if drawn is None else drawn,
        ),
    )


def _why_waiting(run: Run, where: Place) -> str:
    if run.record.status == RunStatus.DONE:
        return f"not evaluated here yet: cxr eval {run.run_id} --target {where.dataset}"
    if run.record.status == RunStatus.FAILED:
        return f"training failed: {run.record.error or 'no reason was recorded'}"
    return f"training is {run.record.status}"


def _own_reason(row: Row, where: Place) -> str | None:
    record = row.run.record
    if reason := record.why_not_ranked(where.dataset):
        return reason
    if record.spec.source == where.dataset:
        return f"{where.dataset} is this run’s own source: nothing is transferred."
    if row.cell is None or row.cell.value is None:
        return "The headline number is undefined here."
    if row.cell.target_use != "none":
        return f"It used the target’s {row.cell.target_use}."
    return None


def _question(row: Row) -> Question:
    assert row.cell is not None
    return (row.cell.label_set, row.cell.n, row.cell.n_resamples)


def _most_asked(rows: Sequence[Row]) -> Question | None:
    asked = Counter(_question(row) for row in rows)
    return max(asked, key=lambda question: (asked[question], question[1]), default=None)


def _other_question(row: Row) -> str:
    label_set, n, num_resamples = _question(row)
    return f"Another question: {label_set}, {n} images, {num_resamples} replicates."


def _sorted(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: -(row.headline.value or 0.0))


def _tie(ranked: Sequence[Row]) -> Tie:
    runs = {row.run.run_id: row.headline for row in _sorted(ranked)}
    num_pairs = len(list(combinations(runs, 2)))
    lengths = {len(each.replicates) for each in runs.values()}
    shared = min(lengths)
    return Tie(tied_set(runs) if len(lengths) == 1 else None, num_pairs, shared)
