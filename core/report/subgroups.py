"""Subgroups of a split side by side, and the gaps between them on shared replicates."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from core.metrics.gaps import Gap, equal_opportunity, gaps
from core.metrics.values import MetricValue
from core.report.numbers import UNWEIGHTED
from core.store.results import ResultStore
from core.tables import METRICS, REPLICATES

INTERSECTION = " & "


def partitions(
    results: ResultStore, run_id: str, dataset: str, split: str
) -> dict[str, dict[str, list[MetricValue]]]:
    """The measured numbers of every partition: `sex` → `sex=F` → its rows.

    Args:
        results: Where the run was evaluated.
        run_id: The run.
        dataset: The data set.
        split: Its split.

    Returns:
        Partitions with two groups or more; intersections are none.

    Raises:
        DataError: If tables are damaged.
    """
    rows = (
        results.read(run_id, METRICS)
        .filter(dataset=dataset, split=split, weighting=UNWEIGHTED)
        .filter(pl.col("subgroup").str.contains("="))
        .filter(~pl.col("subgroup").str.contains(INTERSECTION, literal=True))
        .join(results.read(run_id, REPLICATES), on=list(REPLICATES.key), nulls_equal=True)
    )
    found: dict[str, dict[str, list[MetricValue]]] = {}
    for row in rows.iter_rows(named=True):
        column = row["subgroup"].partition("=")[0]
        group = found.setdefault(column, {}).setdefault(row["subgroup"], [])
        group.append(_value(row))
    return {column: groups for column, groups in found.items() if len(groups) > 1}


def gaps_of(groups: Mapping[str, Sequence[MetricValue]], metric: str) -> list[Gap]:
    """The gaps of one metric between the groups of a partition, unadjusted."""
    told = {name: [row for row in rows if row.metric == metric] for name, rows in groups.items()}
    return gaps(told)


def opportunity_gaps(groups: Mapping[str, Sequence[MetricValue]], policy: str) -> list[Gap]:
    """Equal opportunity: the gaps in sensitivity per finding at source thresholds, unadjusted.

    Raises:
        ProtocolError: If the policy uses the target.
    """
    return equal_opportunity(groups, policy)


def _value(row: Mapping[str, object]) -> MetricValue:
    fields = {name: row[name] for name in MetricValue.__dataclass_fields__ if name in row}
    replicates = np.asarray(row["values"], np.float32)
    return MetricValue(**fields, replicates=replicates)  # pyright: ignore[reportArgumentType]
