"""The tables of a run."""

import polars as pl

from core.findings import FINDINGS
from core.tables.data import SPLITS
from core.tables.table import Table, fractions, one_of

TARGET_USES = ("none", "unlabelled", "labels", "boxes")

PREDICTIONS = Table(
    name="predictions",
    schema=pl.Schema({"image_id": pl.String} | dict.fromkeys(FINDINGS, pl.Float32)),
    key=("image_id",),
    rules=fractions(*FINDINGS),
)

METRICS = Table(
    name="metrics",
    schema=pl.Schema(
        {
            "dataset": pl.String,
            "split": pl.String,
            "subgroup": pl.String,
            "weighting": pl.String,
            "finding": pl.String,
            "metric": pl.String,
            "policy": pl.String,
            "label_set": pl.String,
            "target_use": pl.String,
            "value": pl.Float64,
            "ci_low": pl.Float64,
            "ci_high": pl.Float64,
            "flag": pl.String,
            "n": pl.Int64,
            "n_positive": pl.Int64,
            "n_patients": pl.Int64,
            "n_labels": pl.Int64,
            "n_resamples": pl.Int64,
        }
    ),
    key=("dataset", "split", "subgroup", "weighting", "finding", "metric", "policy"),
    required=("dataset", "split", "subgroup", "weighting", "finding", "metric", "target_use", "n"),
    rules=one_of("split", SPLITS) | one_of("target_use", TARGET_USES),
)

REPLICATES = Table(
    name="replicates",
    schema=pl.Schema(dict.fromkeys(METRICS.key, pl.String) | {"values": pl.List(pl.Float32)}),
    key=METRICS.key,
    required=("dataset", "split", "subgroup", "weighting", "finding", "metric", "values"),
)

MATCHINGS = Table(
    name="matchings",
    schema=pl.Schema(
        {
            "dataset": pl.String,
            "split": pl.String,
            "weighting": pl.String,
            "n": pl.Int64,
            "effective_n": pl.Float64,
            "unsupported_source": pl.Float64,
            "unsupported_target": pl.Float64,
        }
    ),
    key=("dataset", "split", "weighting"),
    required=("dataset", "split", "weighting", "n", "effective_n"),
)

THRESHOLDS = Table(
    name="thresholds",
    schema=pl.Schema(
        {
            "finding": pl.String,
            "policy": pl.String,
            "dataset": pl.String,
            "split": pl.String,
            "value": pl.Float64,
            "n": pl.Int64,
            "n_positive": pl.Int64,
            "flag": pl.String,
        }
    ),
    key=("finding", "policy", "dataset", "split"),
    required=("finding", "policy"),
    rules=one_of("finding", FINDINGS),
)

HEATMAPS = Table(
    name="heatmaps",
    schema=pl.Schema(
        {
            "image_id": pl.String,
            "finding": pl.String,
            "method": pl.String,
            "height": pl.Int32,
            "width": pl.Int32,
            "scale": pl.Float32,
            "values": pl.List(pl.Float16),
            "probability": pl.Float32,
        }
    ),
    key=("image_id", "finding", "method"),
    rules=one_of("finding", FINDINGS)
    | {
        "values are not height x width": pl.col("values").list.len()
        == pl.col("height") * pl.col("width"),
    },
)

CURVES = Table(
    name="curves",
    schema=pl.Schema(
        {
            "stage": pl.String,
            "epoch": pl.Int32,
            "learning_rate": pl.Float64,
            "weight_decay": pl.Float64,
            "train_loss": pl.Float64,
            "val_map": pl.Float64,
            "val_auroc": pl.Float64,
            "selected": pl.Boolean,
            "images_per_second": pl.Float64,
            "memory_mib": pl.Float64,
        }
    ),
    key=("stage", "epoch", "learning_rate", "weight_decay"),
    required=("stage", "epoch", "learning_rate"),
)
