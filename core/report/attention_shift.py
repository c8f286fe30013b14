"""Does attention move where AUROC falls: source beside target, finding by finding."""

from dataclasses import dataclass

import polars as pl

from core.tables import DEFAULT_METHOD, POOLED

MIN_FINDINGS = 4
"""Fewer points have no rank correlation worth a number."""

ATTENTION_METRIC = "energy_of_ceiling"
"""The row of `LOCALISATION_METRICS` that is held against AUROC."""


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


def moved(
    metrics: pl.DataFrame,
    localisation: pl.DataFrame,
    source: str,
    target: str,
    method: str = DEFAULT_METHOD,
    metric: str = ATTENTION_METRIC,
) -> AttentionShift:
    """Compare what a run's tables say of two data sets, on the common grid, test split.

    Args:
        metrics: The run's rows of `tables.METRICS`.
        localisation: Its rows of `tables.LOCALISATION`.
        source: Data set.
        target: Data set.
        method: Of the maps.
        metric: Row of `LOCALISATION_METRICS`.
    """
    both = [
        energy_rows(localisation, name, method, metric)
        .select("finding", attention="value")
        .join(
            auroc_rows(metrics, name).select("finding", auroc="value"),
            on="finding",
            maintain_order="left",
        )
        .drop_nulls()
        for name in (source, target)
    ]
    joined = both[0].join(both[1], on="finding", suffix="_target", maintain_order="left")
    rows = joined.rename({"auroc": "auroc_source", "attention": "attention_source"}).with_columns(
        auroc_change=pl.col("auroc_target") - pl.col("auroc_source"),
        attention_change=pl.col("attention_target") - pl.col("attention_source"),
    )
    return AttentionShift(rows, _rank_correlation(rows))


def auroc_rows(metrics: pl.DataFrame, name: str) -> pl.DataFrame:
    """The AUROC of each finding on a data set's test split, of all images, unweighted."""
    return metrics.filter(
        dataset=name, split="test", metric="auroc", subgroup="all", weighting="none"
    )


def energy_rows(
    localisation: pl.DataFrame, name: str, method: str, metric: str = ATTENTION_METRIC
) -> pl.DataFrame:
    """How well the maps of each finding find its boxes on a data set's test split."""
    return localisation.filter(
        pl.col("finding") != POOLED,
        dataset=name,
        split="test",
        method=method,
        metric=metric,
        gate="all",
        grid="common",
    )


def _rank_correlation(rows: pl.DataFrame) -> float | None:
    changes = [rows["auroc_change"], rows["attention_change"]]
    if rows.height < MIN_FINDINGS or any(each.n_unique() == 1 for each in changes):
        return None
    both = pl.corr("auroc_change", "attention_change", method="spearman")
    return float(rows.select(both).item())
