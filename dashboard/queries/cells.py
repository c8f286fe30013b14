"""One number of the metrics table, with everything that stands behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.metrics.rows import MACRO, MICRO
from core.metrics.table import METRICS
from dashboard.context import Context
from dashboard.queries.reading import AnyRun

EVERYBODY = "all"
"""The subgroup that leaves nobody out."""

UNWEIGHTED = "none"
"""The weighting that counts every image once."""


@dataclass(frozen=True)
class Place:
    """Where numbers come from: a data set's split, and the policy for those with a threshold."""

    dataset: str
    split: str
    policy: str


@dataclass(frozen=True)
class Cell:
    """One number.

    Args:
        value: None where undefined.
        low: Lower bound of the 95 % interval, or None.
        high: Upper bound, or None.
        flag: Codes of `core.metrics.flags.FLAGS`, or None.
        label_set: Which findings an average covers, or None.
        target_use: What of the target was used for it.
        n: Images scored.
        n_positive: The positive ones.
        n_patients: Their patients.
        n_labels: Over how many findings it is.
        n_resamples: Bootstrap replicates of the interval.
    """

    value: float | None
    low: float | None
    high: float | None
    flag: str | None
    label_set: str | None
    target_use: str
    n: int
    n_positive: int | None
    n_patients: int | None
    n_labels: int | None
    n_resamples: int | None


@dataclass(frozen=True)
class Column:
    """One column of the study's table.

    Args:
        label: Its head.
        metric: A row of `METRICS`.
        finding: `macro` or `micro`.
    """

    label: str
    metric: str
    finding: str


STUDY_COLUMNS: tuple[Column, ...] = (
    Column("F1 micro", "f1", MICRO),
    Column("F1 macro", "f1", MACRO),
    Column("AUROC macro", "auroc", MACRO),
    Column("mAP", "average_precision", MACRO),
)
HEADLINE = STUDY_COLUMNS[2]


def place(context: Context) -> Place:
    """Where the numbers of a page come from."""
    return Place(context.target, context.split, context.policy)


def rows_at(
    table: pl.DataFrame, where: Place, metric: str, subgroup: str = EVERYBODY
) -> pl.DataFrame:
    """The rows of one metric in one place, of metrics or replicates: one per finding."""
    policy = pl.lit(where.policy if METRICS[metric].needs_threshold else None, pl.String)
    return table.filter(
        pl.col("dataset") == where.dataset,
        pl.col("split") == where.split,
        pl.col("subgroup") == subgroup,
        pl.col("weighting") == UNWEIGHTED,
        pl.col("metric") == metric,
        pl.col("policy").eq_missing(policy),
    )


def cells_at(metrics: pl.DataFrame, where: Place, metric: str) -> dict[str, Cell]:
    """One metric in one place, by finding or average."""
    rows = rows_at(metrics, where, metric)
    return {row["finding"]: as_cell(row) for row in rows.iter_rows(named=True)}


@lru_cache(maxsize=8192)
def cells_of(run: AnyRun, where: Place, metric: str) -> Mapping[str, Cell]:
    """One metric of a run in one place, by finding or average."""
    return cells_at(run.metrics, where, metric)


def as_cell(row: Mapping[str, Any]) -> Cell:
    """One row of the metrics table as a number."""
    return Cell(
        value=row["value"],
        low=row["ci_low"],
        high=row["ci_high"],
        flag=row["flag"],
        label_set=row["label_set"],
        target_use=row["target_use"],
        n=row["n"],
        n_positive=row["n_positive"],
        n_patients=row["n_patients"],
        n_labels=row["n_labels"],
        n_resamples=row["n_resamples"],
    )


def replicates_at(
    replicates: pl.DataFrame, where: Place, metric: str
) -> dict[str, NDArray[np.float32]]:
    """The bootstrap replicates of one metric, float32 [B] by finding or average."""
    rows = rows_at(replicates, where, metric)
    drawn = zip(rows["finding"], rows["values"], strict=True)
    return {finding: values.to_numpy() for finding, values in drawn}
