"""The tables of a run that say where it looks, and how far that can be trusted."""

import polars as pl

from core.findings import FINDINGS
from core.tables.data import SPLITS
from core.tables.results import TARGET_USES
from core.tables.table import Table, fractions, one_of

POOLED = "pooled"
"""Stands for a finding in the rows that take all findings together."""

DEFAULT_METHOD = "gradcam"
"""The row of `SALIENCY` that maps are made by unless told otherwise."""

GATES = ("all", "above-threshold", "true-positives")
GRIDS = ("common", "native")
COMPARISONS = ("models", "findings", "resamples", "perturbation")
SANITY_TESTS = ("parameters", "labels")

_WHERE = {"dataset": pl.String, "split": pl.String, "method": pl.String}
_HOW_SURE = {
    "ci_low": pl.Float64,
    "ci_high": pl.Float64,
    "flag": pl.String,
    "n": pl.Int64,
    "n_undefined": pl.Int64,
    "n_patients": pl.Int64,
    "n_resamples": pl.Int64,
}

LOCALISATION = Table(
    name="localisation",
    schema=pl.Schema(
        _WHERE
        | {
            "is_baseline": pl.Boolean,
            "grid": pl.String,
            "gate": pl.String,
            "finding": pl.String,
            "metric": pl.String,
            "target_use": pl.String,
            "value": pl.Float64,
        }
        | _HOW_SURE
    ),
    key=("dataset", "split", "method", "grid", "gate", "finding", "metric"),
    rules=one_of("split", SPLITS)
    | one_of("grid", GRIDS)
    | one_of("gate", GATES)
    | one_of("finding", (*FINDINGS, POOLED))
    | one_of("target_use", TARGET_USES)
    | fractions("value"),
)

REGIONS = Table(
    name="regions",
    schema=pl.Schema(
        _WHERE
        | {"region": pl.String, "grid": pl.String, "finding": pl.String}
        | {"value": pl.Float64, "uniform": pl.Float64}
        | _HOW_SURE
    ),
    key=("dataset", "split", "method", "region", "grid", "finding"),
    rules=one_of("split", SPLITS)
    | one_of("grid", GRIDS)
    | one_of("finding", FINDINGS)
    | fractions("value", "uniform"),
)
"""The share of attention on a region that is not a finding, and that of a map without contrast."""

AGREEMENT = Table(
    name="agreement",
    schema=pl.Schema(
        _WHERE
        | {
            "comparison": pl.String,
            "finding": pl.String,
            "other": pl.String,
            "metric": pl.String,
            "value": pl.Float64,
            "same": pl.Float64,
            "chance": pl.Float64,
        }
        | _HOW_SURE
    ),
    key=("dataset", "split", "method", "comparison", "finding", "other", "metric"),
    rules=one_of("split", SPLITS)
    | one_of("comparison", COMPARISONS)
    | one_of("finding", (*FINDINGS, POOLED)),
)

SANITY = Table(
    name="sanity",
    schema=pl.Schema(
        _WHERE
        | {
            "test": pl.String,
            "step": pl.String,
            "finding": pl.String,
            "value": pl.Float64,
            "chance": pl.Float64,
        }
        | _HOW_SURE
    ),
    key=("dataset", "split", "method", "test", "step", "finding"),
    rules=one_of("split", SPLITS)
    | one_of("test", SANITY_TESTS)
    | one_of("finding", (*FINDINGS, POOLED)),
)
