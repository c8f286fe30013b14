"""What changes from the source's own test split to the target, finding by finding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.findings import FINDINGS
from dashboard.queries.cells import Cell, Place, cells_of, replicates_at
from dashboard.queries.reading import AnyRun
from dashboard.queries.study_row import scored_places
from dashboard.queries.transfer import Average, Span, difference

OPERATING = (
    "recall",
    "specificity",
    "precision",
    "negative_predictive_value",
    "alert_rate",
)
"""What a threshold promises on source test and delivers on the target."""

CALIBRATION = ("calibration_slope", "calibration_intercept", "expected_calibration_error")
"""How far scores are from probabilities; the last one is there whenever a finding has scores."""


@dataclass(frozen=True)
class Shifted:
    """One finding on both sides.

    Args:
        finding: Which.
        home: On the source's test split; None where the table has no such row.
        away: On the target.
        gap: Target − source test; None where one of them is undefined.
    """

    finding: str
    home: Cell | None
    away: Cell | None
    gap: Span | None

    @property
    def is_scored_on_both(self) -> bool:
        """Whether the two can be compared."""
        return self.gap is not None


def shifted(
    run: AnyRun, replicates: pl.DataFrame, where: Place, metric: str = "auroc"
) -> tuple[Shifted, ...]:
    """One metric of a run at home and in another place, for the 14 findings.

    Args:
        run: The run.
        replicates: Its replicates.
        where: The target.
        metric: A row of `METRICS`.
    """
    home = at_home(run, where)
    cells = {place: cells_of(run, place, metric) for place in (home, where)}
    drawn = {place: replicates_at(replicates, place, metric) for place in (home, where)}
    found: list[Shifted] = []
    for finding in FINDINGS:
        own, away = cells[home].get(finding), cells[where].get(finding)
        averages = [
            _of(cells[place].get(finding), drawn[place], finding) for place in (where, home)
        ]
        gap = difference(averages[0], averages[1]) if averages[0] and averages[1] else None
        found.append(Shifted(finding, own, away, gap))
    return tuple(found)


def _of(
    cell: Cell | None, drawn: Mapping[str, NDArray[np.float32]], finding: str
) -> Average | None:
    if cell is None or cell.value is None:
        return None
    return Average(cell.value, drawn.get(finding))


def at_home(run: AnyRun, where: Place) -> Place:
    """The source's own test split, at the same policy.

    Args:
        run: Of a known source.
        where: The target.
    """
    assert run.record.source is not None
    return Place(run.record.source, "test", where.policy)


def transferable(run: AnyRun, where: Place) -> bool:
    """Whether a run was scored on its source's test split and in another hospital."""
    source = run.record.source
    is_elsewhere = source is not None and where.dataset != source
    return is_elsewhere and {(source, "test"), (where.dataset, where.split)} <= scored_places(run)


@dataclass(frozen=True)
class Promise:
    """A finding's metrics on source test and on the target: promised, and delivered.

    Args:
        finding: Which.
        pairs: Metric → its number on source test and on the target.
    """

    finding: str
    pairs: Mapping[str, tuple[Cell | None, Cell | None]]


def both_sides(run: AnyRun, where: Place, metrics: Sequence[str]) -> tuple[Promise, ...]:
    """Metrics of a run on source test and target, for findings with the last one on both."""
    home = at_home(run, where)
    cells = {
        metric: (cells_of(run, home, metric), cells_of(run, where, metric)) for metric in metrics
    }
    return tuple(
        Promise(
            finding,
            {
                metric: (own.get(finding), away.get(finding))
                for metric, (own, away) in cells.items()
            },
        )
        for finding in FINDINGS
        if all(_has_value(side.get(finding)) for side in cells[metrics[-1]])
    )


def _has_value(cell: Cell | None) -> bool:
    return cell is not None and cell.value is not None
