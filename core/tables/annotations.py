"""The tables beside a manifest: labels that are no single finding, and other people's columns."""

import polars as pl

from core.tables.table import Table

COMPOSITES = Table(
    name="composites",
    schema=pl.Schema({"image_id": pl.String, "composite": pl.String, "value": pl.Int8}),
    key=("image_id", "composite"),
    required=("image_id", "composite", "value"),
    rules={"value is none of 1, 0, -1, -2": pl.col("value").is_between(-2, 1)},
)

OVERLAY = Table(
    name="overlay",
    schema=pl.Schema({"image_id": pl.String, "column": pl.String, "value": pl.String}),
    key=("image_id", "column"),
    required=("image_id", "column", "value"),
)
