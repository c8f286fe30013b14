"""One metric, finding by finding and run by run, and one finding in detail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from core.findings import FINDINGS
from core.metrics.rows import MACRO, MICRO
from core.metrics.table import METRICS
from dashboard.queries.cells import Cell, Place, cells_of
from dashboard.queries.forest import FOREST
from dashboard.queries.reading import AnyRun
from dashboard.queries.study_row import row_of


@dataclass(frozen=True)
class FindingRow:
    """One finding, or one average.

    Args:
        finding: A finding, `macro` or `micro`.
        cells: Run id to number; runs without one are left out.
    """

    finding: str
    cells: Mapping[str, Cell]

    @property
    def counts(self) -> Cell | None:
        """Any cell, for the counts that all runs share; None where no run was evaluated."""
        return next(iter(self.cells.values()), None)

    @property
    def is_annotated(self) -> bool:
        """Whether any image of the place has a label for it."""
        return self.counts is not None and self.counts.n > 0

    @property
    def prevalence(self) -> float | None:
        """The share of positive images; None without labelled images."""
        counts = self.counts
        if counts is None or not counts.n or counts.n_positive is None:
            return None
        return counts.n_positive / counts.n


def breakdown(runs: Sequence[AnyRun], where: Place, metric: str) -> tuple[FindingRow, ...]:
    """One metric for the 14 findings, then for its averages."""
    of_run = {run.run_id: cells_of(run, where, metric) for run in runs}
    averages = (MACRO, MICRO) if METRICS[metric].micro else (MACRO,)
    return tuple(
        FindingRow(name, {key: cells[name] for key, cells in of_run.items() if name in cells})
        for name in (*map(str, FINDINGS), *averages)
    )


def evaluated(runs: Sequence[AnyRun], where: Place) -> tuple[AnyRun, ...]:
    """The runs with numbers in a place by falling AUROC, those that may be ranked first."""
    rows = [row for run in runs if (row := row_of(run, where)).cells]
    rows.sort(
        key=lambda row: (not may_be_ranked(row.run, where), -(row.value or 0.0), row.run.run_id)
    )
    return tuple(row.run for row in rows)


def may_be_ranked(run: AnyRun, where: Place) -> bool:
    """Whether nothing that is known of a run keeps it out of a place's ranking."""
    return run.record.why_not_ranked(where.dataset) is None


def metrics_offered(runs: Sequence[AnyRun]) -> tuple[str, ...]:
    """The metrics that any run has, in the order of `METRICS`."""
    found = frozenset[str]().union(*map(_metrics_of, runs))
    return tuple(name for name in METRICS if name in found)


@lru_cache(maxsize=512)
def _metrics_of(run: AnyRun) -> frozenset[str]:
    return frozenset(run.metrics["metric"].unique())


def finding_frame(runs: Sequence[AnyRun], row: FindingRow, where: Place) -> pl.DataFrame:
    """What the forest plot of one finding draws; runs without a value are left out."""
    shown = [(run, row.cells[run.run_id]) for run in runs if run.run_id in row.cells]
    shown.sort(key=lambda pair: (not may_be_ranked(pair[0], where), -(pair[1].value or 0.0)))
    return pl.DataFrame(
        [
            {
                "run_id": run.run_id,
                "title": run.look.title,
                "colour": run.look.colour,
                "symbol": run.look.symbol,
                "is_ranked": may_be_ranked(run, where),
                "is_tied": False,
                "value": cell.value,
                "low": cell.low,
                "high": cell.high,
                "at_home": None,
            }
            for run, cell in shown
            if cell.value is not None
        ],
        FOREST,
    )


@dataclass(frozen=True)
class Extremes:
    """Where the highest observed value is largest, and where it is smallest.

    Args:
        largest: Finding, run and number.
        smallest: Finding, run and number; the same as `largest` where there is one finding.
        num_annotated: Findings with labels in the place.
    """

    largest: tuple[str, AnyRun, Cell]
    smallest: tuple[str, AnyRun, Cell]
    num_annotated: int


def extremes(rows: Sequence[FindingRow], runs: Sequence[AnyRun], where: Place) -> Extremes | None:
    """The span of a metric over findings, among runs that may be ranked.

    Returns:
        None where no such run has a value that was reached without the target.
    """
    able = {
        run.run_id: run
        for run in runs
        if may_be_ranked(run, where) and run.record.source != where.dataset
    }
    tops: list[tuple[str, AnyRun, Cell]] = []
    for row in rows:
        known = [
            (row.finding, able[key], cell)
            for key, cell in row.cells.items()
            if key in able and cell.value is not None and cell.target_use == "none"
        ]
        if row.finding in FINDINGS and known:
            tops.append(max(known, key=_value))
    if not tops:
        return None
    annotated = sum(row.is_annotated for row in rows if row.finding in FINDINGS)
    return Extremes(max(tops, key=_value), min(tops, key=_value), annotated)


def _value(top: tuple[str, AnyRun, Cell]) -> float:
    return top[2].value or 0.0
