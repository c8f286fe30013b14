"""What is lost on the way: the source's own test split against the target, same findings."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.findings import FINDINGS
from core.metrics.bootstrap import percentile_interval
from dashboard.queries.cells import HEADLINE, Place, cells_at, replicates_at


@dataclass(frozen=True, eq=False)
class Average:
    """A macro average over stated findings.

    Args:
        value: Its value.
        replicates: float32 [B], NaN where undefined; None where there are none.
    """

    value: float
    replicates: NDArray[np.float32] | None


@dataclass(frozen=True)
class Span:
    """A value with its interval; bounds are None where there is no interval."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Transfer:
    """The headline metric at home and its change on the target, over the same findings.

    Args:
        findings: What both averages cover: all that are scored on both.
        at_home: On the source's test split.
        gap: Target − source test; the two samples are independent, so are their replicates.
    """

    findings: tuple[str, ...]
    at_home: Span
    gap: Span


def transfer(
    metrics: pl.DataFrame, replicates: pl.DataFrame, source: str, where: Place
) -> Transfer | None:
    """The loss from the source's test split to a place.

    Args:
        metrics: A run's metrics.
        replicates: Its replicates.
        source: Its source.
        where: The target.

    Returns:
        None where no finding is scored on both, or where the place is the source itself.
    """
    if where.dataset == source:
        return None
    home = Place(source, "test", where.policy)
    at_home = scored_findings(metrics, home)
    findings = tuple(name for name in scored_findings(metrics, where) if name in at_home)
    away = average(metrics, replicates, where, findings)
    own = average(metrics, replicates, home, findings)
    if away is None or own is None:
        return None
    return Transfer(findings, _span(own), difference(away, own))


def scored_findings(metrics: pl.DataFrame, where: Place) -> tuple[str, ...]:
    """The findings that have a headline value there, in the order of the tables."""
    cells = cells_at(metrics, where, HEADLINE.metric)
    return tuple(name for name in FINDINGS if name in cells and cells[name].value is not None)


def average(
    metrics: pl.DataFrame, replicates: pl.DataFrame, where: Place, findings: tuple[str, ...]
) -> Average | None:
    """The macro average of the headline metric over a fixed set of findings.

    Returns:
        None where the set is empty or a member has no value.
    """
    cells = cells_at(metrics, where, HEADLINE.metric)
    known = [cells[name].value for name in findings if name in cells]
    values = [value for value in known if value is not None]
    if not values or len(values) != len(findings):
        return None
    drawn = replicates_at(replicates, where, HEADLINE.metric)
    members = [drawn[name] for name in findings if name in drawn]
    complete = len(members) == len(findings) and len({len(each) for each in members}) == 1
    return Average(float(np.mean(values)), np.mean(members, axis=0) if complete else None)


def _span(of: Average) -> Span:
    if of.replicates is None:
        return Span(of.value, None, None)
    bounds = percentile_interval(of.replicates.astype(np.float64))
    return Span(of.value, bounds.low, bounds.high)


def difference(away: Average, own: Average) -> Span:
    """Target − source test with its interval; both samples are independent."""
    value = away.value - own.value
    if away.replicates is None or own.replicates is None:
        return Span(value, None, None)
    size = min(len(away.replicates), len(own.replicates))
    return _span(Average(value, away.replicates[:size] - own.replicates[:size]))
