"""The schema and value rules of every parquet table, in one place."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from core.errors import DataError
from core.findings import FINDINGS

SCHEMA_VERSION = 1

SPLITS = ("train", "val", "test")
VIEWS = ("PA", "AP", "LATERAL", "UNKNOWN")
SEXES = ("F", "M")
TARGET_USES = ("none", "unlabelled", "labels", "boxes")
MAX_AGE_YEARS = 120


@dataclass(frozen=True)
class Table:
    """One kind of table.

    Args:
        name: What it is called, in errors and metadata.
        schema: Columns with their types, in order.
        key: Columns that no two rows share.
        rules: What each row must satisfy; the name completes "row 3: …".
        required: Columns that are never null.
    """

    name: str
    schema: pl.Schema
    key: tuple[str, ...]
    rules: Mapping[str, pl.Expr] = field(default_factory=dict[str, pl.Expr])
    required: tuple[str, ...] = ()

    def empty(self) -> pl.DataFrame:
        """A table without rows."""
        return self.schema.to_frame()

    def checked(self, frame: pl.DataFrame, where: object) -> pl.DataFrame:
        """`frame` with this schema's columns and types, every rule satisfied.

        Args:
            frame: The table to check.
            where: The file, for the message.

        Raises:
            DataError: If a column is missing or of another type, or a row breaks a rule.
        """
        try:
            cast = frame.cast(self.schema).match_to_schema(self.schema)
        except pl.exceptions.PolarsError as error:
            reason = str(error).splitlines()[0]
            raise DataError(f"{where}: this is not a {self.name} table: {reason}.") from error
        problems = [f"{where}: {sentence}" for sentence in self._broken(cast)]
        if problems:
            raise DataError(problems)
        return cast

    def _broken(self, frame: pl.DataFrame) -> list[str]:
        required = self.required or self.key
        rules = {f"{name} is missing": pl.col(name).is_not_null() for name in required}
        rules |= {
            f"{', '.join(self.key)} is given twice": ~pl.struct(self.key).is_duplicated(),
            **self.rules,
        }
        verdicts = frame.select(
            (~rule).fill_null(value=False).arg_true().implode().alias(name)
            for name, rule in rules.items()
        ).row(0, named=True)
        return [
            f"row {rows[0] + 1}: {name}" + (f" (and {len(rows) - 1} more rows)" * (len(rows) > 1))
            for name, rows in verdicts.items()
            if rows
        ]


def _one_of(column: str, choices: tuple[str, ...]) -> dict[str, pl.Expr]:
    return {f"{column} is none of {', '.join(choices)}": pl.col(column).is_in(choices)}


def _fractions(*columns: str) -> dict[str, pl.Expr]:
    return {
        f"{column} is not a fraction of the image": pl.col(column).is_between(0, 1)
        for column in columns
    }


MANIFEST = Table(
    name="manifest",
    schema=pl.Schema(
        {
            "image_id": pl.String,
            "patient_id": pl.String,
            "study_id": pl.String,
            "path": pl.String,
            "split": pl.String,
            "view": pl.String,
            "sex": pl.String,
            "age_years": pl.Float32,
        }
        | dict.fromkeys(FINDINGS, pl.Int8)
    ),
    key=("image_id",),
    required=("image_id", "patient_id", "study_id", "path", "split", "view"),
    rules=_one_of("split", SPLITS)
    | _one_of("view", VIEWS)
    | _one_of("sex", SEXES)
    | {
        "age_years is not between 0 and 120": pl.col("age_years").is_between(0, MAX_AGE_YEARS),
        "a finding is none of 1, 0, -1, -2": pl.all_horizontal(
            pl.col(finding).is_between(-2, 1) for finding in FINDINGS
        ),
    },
)

BOXES = Table(
    name="boxes",
    schema=pl.Schema(
        {"image_id": pl.String, "finding": pl.String}
        | dict.fromkeys(("x", "y", "width", "height"), pl.Float64)
    ),
    key=("image_id", "finding", "x", "y", "width", "height"),
    rules=_one_of("finding", FINDINGS) | _fractions("x", "y", "width", "height"),
)

IMAGES = Table(
    name="image cache",
    schema=pl.Schema(
        {
            "row": pl.Int32,
            "image_id": pl.String,
            "sha256": pl.String,
            "source_width": pl.Int32,
            "source_height": pl.Int32,
        }
    ),
    key=("image_id",),
)

QUARANTINE = Table(
    name="quarantine",
    schema=pl.Schema({"image_id": pl.String, "reason": pl.String}),
    key=("image_id",),
    required=("image_id", "reason"),
)

PREDICTIONS = Table(
    name="predictions",
    schema=pl.Schema({"image_id": pl.String} | dict.fromkeys(FINDINGS, pl.Float32)),
    key=("image_id",),
    rules=_fractions(*FINDINGS),
)

METRICS = Table(
    name="metrics",
    schema=pl.Schema(
        {
            "dataset": pl.String,
            "split": pl.String,
            "subgroup": pl.String,
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
    key=("dataset", "split", "subgroup", "finding", "metric", "policy"),
    required=("dataset", "split", "subgroup", "finding", "metric", "target_use", "n"),
    rules=_one_of("split", SPLITS) | _one_of("target_use", TARGET_USES),
)

REPLICATES = Table(
    name="replicates",
    schema=pl.Schema(dict.fromkeys(METRICS.key, pl.String) | {"values": pl.List(pl.Float32)}),
    key=METRICS.key,
    required=("dataset", "split", "subgroup", "finding", "metric", "values"),
)

THRESHOLDS = Table(
    name="thresholds",
    schema=pl.Schema(
        {
            "finding": pl.String,
            "policy": pl.String,
            "value": pl.Float64,
            "n": pl.Int64,
            "n_positive": pl.Int64,
            "flag": pl.String,
        }
    ),
    key=("finding", "policy"),
    rules=_one_of("finding", FINDINGS),
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
    rules=_one_of("finding", FINDINGS)
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
            "train_loss": pl.Float64,
            "val_map": pl.Float64,
            "val_auroc": pl.Float64,
            "selected": pl.Boolean,
        }
    ),
    key=("stage", "epoch", "learning_rate"),
)

TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (
        MANIFEST,
        BOXES,
        IMAGES,
        QUARANTINE,
        PREDICTIONS,
        METRICS,
        REPLICATES,
        THRESHOLDS,
        HEATMAPS,
        CURVES,
    )
}
