"""Figures that a study published, as it published them."""

import polars as pl

from core.findings import FINDINGS
from core.tables.table import Table, one_of

PUBLISHED = Table(
    name="published",
    schema=pl.Schema(
        {
            "study": pl.String,
            "dataset": pl.String,
            "model": pl.String,
            "loss": pl.String,
            "finding": pl.String,
            "metric": pl.String,
            "value": pl.Float64,
            "remark": pl.String,
        }
    ),
    key=("study", "dataset", "model", "loss", "finding", "metric"),
    required=("study", "dataset", "model", "loss", "finding", "metric", "value", "remark"),
    rules=one_of("finding", (*map(str, FINDINGS), "macro", "micro"))
    | {"value is not between 0 and 1": pl.col("value").is_between(0, 1)},
)
