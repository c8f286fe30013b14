"""Does attention move where AUROC falls: source beside target, finding by finding."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.stats import rankdata

from core.errors import DataError
from core.store.results import ResultStore
from core.tables import LOCALISATION, METRICS, POOLED

MIN_FINDINGS = 4
"""Fewer points have no rank correlation worth a number."""


@dataclass(frozen=True)
class AttentionShift:
    """A run's AUROC and localisation on two data sets.

    Args:
        rows: One a finding that has both on both: finding; auroc and attention on the source and
            on the target; and the change of each, target − source.
        rank_correlation: Spearman of the two changes over findings; None below 4 findings, or
            where a change is the same for all.
    """

    rows: pl.DataFrame
    rank_correlation: float | None


def attention_shift(
    results: ResultStore,
    run_id: str,
    source: str,
    target: str,
    method: str = "gradcam",
    metric: str = "energy_of_ceiling",
) -> AttentionShift:
    """Compare what a run's tables say of two data sets, on the common grid, test split.

    Args:
        results: Holds the run's metrics and localisation.
        run_id: The run.
        source: Data set.
        target: Data set.
        method: Of the maps.
        metric: Row of `LOCALISATION_METRICS`.

    Raises:
        DataError: If the run was not scored or not localised on both.
    """
    both = [_of(results, run_id, name, method, metric) for name in (source, target)]
    joined = both[0].join(both[1], on="finding", suffix="_target", maintain_order="left")
    rows = joined.rename({"auroc": "auroc_source", "attention": "attention_source"}).with_columns(
        auroc_change=pl.col("auroc_target") - pl.col("auroc_source"),
        attention_change=pl.col("attention_target") - pl.col("attention_source"),
    )
    return AttentionShift(rows, _rank_correlation(rows))


def _of(results: ResultStore, run_id: str, name: str, method: str, metric: str) -> pl.DataFrame:
    here = (pl.col("dataset") == name) & (pl.col("split") == "test")
    scored = results.read(run_id, METRICS).filter(
        here,
        pl.col("metric") == "auroc",
        pl.col("subgroup") == "all",
        pl.col("weighting") == "none",
    )
    looked = results.read(run_id, LOCALISATION).filter(
        here,
        pl.col("method") == method,
        pl.col("metric") == metric,
        pl.col("gate") == "all",
        pl.col("grid") == "common",
        pl.col("finding") != POOLED,
    )
    for table, command in ((scored, f"cxr eval {run_id} --target"), (looked, "cxr localise")):
        if table.is_empty():
            raise DataError(f"Run {run_id} has no such rows for {name}; run: {command} …")
    auroc = scored.select("finding", auroc="value").drop_nulls()
    attention = looked.select("finding", attention="value").drop_nulls()
    return attention.join(auroc, on="finding", maintain_order="left")


def _rank_correlation(rows: pl.DataFrame) -> float | None:
    changes = [rows["auroc_change"].to_numpy(), rows["attention_change"].to_numpy()]
    if rows.height < MIN_FINDINGS or any(len(set(each.tolist())) == 1 for each in changes):
        return None
    return float(np.corrcoef([rankdata(each) for each in changes])[0, 1])
