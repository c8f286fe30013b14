"""Where models look: against boxes, against each other, and against models that know nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import polars as pl

from core.errors import CxrError
from core.findings import FINDINGS
from core.saliency.localisation import LOCALISATION_METRICS
from core.saliency.priors import BASELINES
from core.tables import DEFAULT_METHOD, POOLED, TABLES, Table
from dashboard.queries.cells import Cell, Place
from dashboard.queries.reading import Broken, Run, Runs, run_table, version
from dashboard.queries.scope import Scope
from dashboard.stores import Stores

BETWEEN_RUNS = ("models", "resamples")
"""Comparisons whose other side is a run."""


@dataclass(frozen=True)
class Measured:
    """One kind of measurement of several runs.

    Args:
        frame: The table's rows of a place, with a column `run_id`.
        broken: Runs whose table cannot be read.
    """

    frame: pl.DataFrame
    broken: tuple[Broken, ...]


def measured(scope: Scope, table: Table) -> Measured:
    """All rows of a table for the chosen runs in the place of the page."""
    versions = tuple(version(scope.stores, run.run_id, table) for run in scope.runs.read)
    return _measured(scope.stores, scope.runs, scope.where, table.name, versions)


@lru_cache(maxsize=16)
def _measured(
    stores: Stores, runs: Runs, where: Place, name: str, versions: tuple[str, ...]
) -> Measured:
    del versions
    table = TABLES[name]
    frames = [table.empty().with_columns(run_id=pl.lit(None, pl.String))]
    broken: list[Broken] = []
    for run in runs.read:
        try:
            rows = run_table(stores, run.run_id, table)
        except CxrError as error:
            broken.append(Broken(run.run_id, str(error)))
            continue
        here = rows.filter(dataset=where.dataset, split=where.split)
        frames.append(here.with_columns(run_id=pl.lit(run.run_id)))
    return Measured(pl.concat(frames), tuple(broken))


def offered(frame: pl.DataFrame) -> tuple[str, ...]:
    """The findings that a table has, pooled first."""
    found = set(frame["finding"])
    return tuple(name for name in (POOLED, *FINDINGS) if name in found)


@dataclass(frozen=True)
class Choice:
    """Which rows of the localisation tables are shown."""

    finding: str
    grid: str
    gate: str


@dataclass(frozen=True)
class Localised:
    """How well one run, or one map without a model, finds the boxes.

    Args:
        name: Run id, or a row of `BASELINES`.
        run: None for a baseline.
        cells: Metric to number.
    """

    name: str
    run: Run | None
    cells: Mapping[str, Cell]


def localised(frame: pl.DataFrame, runs: Sequence[Run], choice: Choice) -> tuple[Localised, ...]:
    """Runs by falling share of energy in the boxes, those on random weights and no model last.

    Args:
        frame: Rows of `tables.LOCALISATION` with `run_id`.
        runs: The chosen runs.
        choice: Finding, grid and gate.
    """
    rows = frame.filter(finding=choice.finding, grid=choice.grid, gate=choice.gate)
    found = [
        Localised(run.run_id, run, _cells(rows.filter(~pl.col("is_baseline"), run_id=run.run_id)))
        for run in runs
    ]
    # Baselines know no model: any run's copy is the same, on the same images.
    of_baselines = rows.filter("is_baseline").unique(["method", "metric"], keep="first")
    without = [
        Localised(name, None, _cells(of_baselines.filter(method=name))) for name in BASELINES
    ]
    shown = [each for each in found if each.cells]
    return (*sorted(shown, key=_place), *(each for each in without if each.cells))


def _place(found: Localised) -> tuple[bool, float]:
    cell = found.cells.get("energy")
    is_apart = found.run is None or not found.run.record.ranked
    return (is_apart, -(cell.value or 0.0) if cell else 0.0)


def _cells(rows: pl.DataFrame) -> dict[str, Cell]:
    cells = {row["metric"]: _cell(row) for row in rows.iter_rows(named=True)}
    return {name: cells[name] for name in LOCALISATION_METRICS if name in cells}


def _cell(row: dict[str, Any]) -> Cell:
    return Cell(
        value=row["value"],
        low=row["ci_low"],
        high=row["ci_high"],
        flag=row["flag"],
        label_set=None,
        target_use=row.get("target_use", "none"),
        n=row["n"],
        n_positive=None,
        n_patients=row["n_patients"],
        n_labels=1,
        n_resamples=row["n_resamples"],
    )


@dataclass(frozen=True)
class Agreed:
    """How alike maps are beyond those of unrelated images.

    Args:
        run_id: The run.
        other: The run, finding or change that it is held against.
        cell: (same − chance) / (1 − chance).
        same: Likeness on the same image.
        chance: Likeness to maps of other patients' images.
    """

    run_id: str
    other: str
    cell: Cell
    same: float | None
    chance: float | None


def agreed(
    frame: pl.DataFrame, comparison: str, metric: str, finding: str = POOLED
) -> tuple[Agreed, ...]:
    """The rows of one comparison.

    Args:
        frame: Rows of `tables.AGREEMENT` with `run_id`.
        comparison: One of `core.tables.attention.COMPARISONS`.
        metric: `spearman`, or the other likeness of the table.
        finding: A finding, or `POOLED`.
    """
    rows = frame.filter(comparison=comparison, metric=metric, finding=finding)
    if comparison in BETWEEN_RUNS:  # both runs keep the rows of their pair
        rows = rows.filter(pl.col("run_id") < pl.col("other"))
    return tuple(
        Agreed(row["run_id"], row["other"], _cell(row), row["same"], row["chance"])
        for row in rows.sort("run_id", "other").iter_rows(named=True)
    )


@dataclass(frozen=True)
class OnRegion:
    """How much of a run's attention lies on a region that is no finding.

    Args:
        run_id: The run.
        region: Its name, "marker".
        cell: Share of the maps' positive energy.
        uniform: The region's area: what a map without contrast would have.
    """

    run_id: str
    region: str
    cell: Cell
    uniform: float | None


def on_regions(frame: pl.DataFrame, finding: str, grid: str) -> tuple[OnRegion, ...]:
    """The regions of every run for the maps of a finding, the most attention first.

    Args:
        frame: Rows of `tables.REGIONS` with `run_id`.
        finding: Whose maps.
        grid: One of `core.tables.attention.GRIDS`.
    """
    rows = frame.filter(finding=finding, grid=grid, method=DEFAULT_METHOD)
    ordered = rows.sort("region", "value", "run_id", descending=[False, True, False])
    return tuple(
        OnRegion(row["run_id"], row["region"], _cell(row), row["uniform"])
        for row in ordered.iter_rows(named=True)
    )


@dataclass(frozen=True)
class Sane:
    """What is left of a run's maps after one step of randomisation.

    Args:
        run_id: The run.
        step: Which step.
        cell: Median signed Spearman correlation with the original map.
        chance: That of unrelated images.
    """

    run_id: str
    step: str
    cell: Cell
    chance: float | None


def sane(frame: pl.DataFrame, finding: str = POOLED) -> tuple[Sane, ...]:
    """The steps of every run, in the order of the table.

    Args:
        frame: Rows of `tables.SANITY` with `run_id`.
        finding: A finding, or `POOLED`.
    """
    rows = frame.filter(finding=finding)
    return tuple(
        Sane(row["run_id"], row["step"], _cell(row), row["chance"])
        for row in rows.iter_rows(named=True)
    )
