"""How a run does on groups of the patients: sex, age, view, and what overlays add."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from dashboard.queries.cells import EVERYBODY, UNWEIGHTED, Cell, Place, as_cell, rows_at
from dashboard.queries.reading import AnyRun
from dashboard.queries.transfer import Average, Span, difference

MEASURES: Mapping[str, str] = {"auroc": "AUROC macro", "recall": "Sensitivity macro"}
"""Metric → its head; the macro of each."""


@dataclass(frozen=True)
class Group:
    """One group of a partition.

    Args:
        name: As tables say it: "sex=F".
        cells: Metric to number; a metric that was not measured is left out.
    """

    name: str
    cells: Mapping[str, Cell]


@dataclass(frozen=True)
class Partition:
    """The groups that a column makes, and how far they lie apart.

    Args:
        column: "sex".
        groups: Two or more, in the order of the table.
        widest: Metric → highest group, lowest group and their paired difference; a metric is left
            out where groups cover different findings.
    """

    column: str
    groups: tuple[Group, ...]
    widest: Mapping[str, tuple[str, str, Span]]


def partitions(run: AnyRun, replicates: pl.DataFrame, where: Place) -> tuple[Partition, ...]:
    """The partitions that a run was measured on in a place; intersections are none.

    Args:
        run: The run.
        replicates: Its replicates.
        where: Data set, split and policy.
    """
    names = run.metrics.filter(
        pl.col("dataset") == where.dataset,
        pl.col("split") == where.split,
        pl.col("weighting") == UNWEIGHTED,
        pl.col("subgroup") != EVERYBODY,
        ~pl.col("subgroup").str.contains(" & ", literal=True),
    )["subgroup"].unique(maintain_order=True)
    columns: dict[str, list[Group]] = {}
    for name in names:
        columns.setdefault(name.partition("=")[0], []).append(_group(run, name, where))
    return tuple(
        Partition(column, tuple(groups), _widest(groups, replicates, where))
        for column, groups in columns.items()
        if len(groups) > 1
    )


def _group(run: AnyRun, name: str, where: Place) -> Group:
    found = {
        metric: rows_at(run.metrics, where, metric, name).filter(finding="macro")
        for metric in MEASURES
    }
    cells = {
        metric: as_cell(rows.row(0, named=True)) for metric, rows in found.items() if len(rows)
    }
    return Group(name, cells)


def _widest(
    groups: Sequence[Group], replicates: pl.DataFrame, where: Place
) -> dict[str, tuple[str, str, Span]]:
    found: dict[str, tuple[str, str, Span]] = {}
    for metric in MEASURES:
        known = [
            (group.name, group.cells[metric])
            for group in groups
            if metric in group.cells and group.cells[metric].value is not None
        ]
        if len(known) < 2 or len({cell.label_set for _, cell in known}) > 1:
            continue
        known.sort(key=lambda pair: pair[1].value or 0.0)
        low, high = known[0], known[-1]
        averages = [_average(*each, replicates, where, metric) for each in (high, low)]
        found[metric] = (high[0], low[0], difference(*averages))
    return found


def _average(name: str, cell: Cell, replicates: pl.DataFrame, where: Place, metric: str) -> Average:
    rows = rows_at(replicates, where, metric, name).filter(finding="macro")
    assert cell.value is not None
    drawn = np.asarray(rows["values"][0], np.float32) if len(rows) else None
    return Average(cell.value, drawn)
