"""The tables of a data set."""

import polars as pl

from core.findings import FINDINGS
from core.tables.table import Table, fractions, one_of

SPLITS = ("train", "val", "test")
VIEWS = ("PA", "AP", "LATERAL", "UNKNOWN")
SEXES = ("F", "M")
MAX_AGE_YEARS = 120

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
    rules=one_of("split", SPLITS)
    | one_of("view", VIEWS)
    | one_of("sex", SEXES)
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
    rules=one_of("finding", FINDINGS) | fractions("x", "y", "width", "height"),
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
            "scaling": pl.String,
            "perceptual_hash": pl.String,
            "checksum": pl.UInt32,
        }
    ),
    key=("image_id",),
)
"""Null from `sha256` on: not decoded, which only an image in quarantine may be. `scaling` says
how stored values became 8 bits, `checksum` is the CRC-32 of the row's pixels."""

THUMBNAILS = Table(
    name="thumbnails",
    schema=pl.Schema(
        {
            "image_id": pl.String,
            "source_width": pl.Int32,
            "source_height": pl.Int32,
            "png": pl.Binary,
        }
    ),
    key=("image_id",),
    required=("image_id", "source_width", "source_height", "png"),
)
"""Squares as a run sees them, made small; the sizes are those of the original image."""

QUARANTINE = Table(
    name="quarantine",
    schema=pl.Schema({"image_id": pl.String, "reason": pl.String}),
    key=("image_id",),
    required=("image_id", "reason"),
)
