"""How often each finding is present: positives, positive patients and prevalence, as tidy rows."""

from collections.abc import Mapping, Sequence

import polars as pl

from core.findings import ABSENT, FINDINGS, NOT_MENTIONED, PRESENT
from core.store.data import Dataset
from core.tables import SEXES, SPLITS, VIEWS

AGE_BANDS: Mapping[str, tuple[float, float]] = {
    "0-17": (0, 18),
    "18-39": (18, 40),
    "40-59": (40, 60),
    "60-79": (60, 80),
    "80-": (80, float("inf")),
}
"""Name of a band → its first age in years, and the first that is above it."""

UNKNOWN = "unknown"
GROUPS: Mapping[str, Sequence[str]] = {
    "view": VIEWS,
    "sex": (*SEXES, UNKNOWN),
    "age": (*AGE_BANDS, UNKNOWN),
}
"""What a table can be split by → its groups, in the order of the rows."""

COUNTS = pl.Schema(
    {
        "split": pl.String,
        "group": pl.String,
        "finding": pl.String,
        "n": pl.UInt32,
        "n_patients": pl.UInt32,
        "n_positive": pl.UInt32,
        "n_positive_patients": pl.UInt32,
        "prevalence": pl.Float64,
    }
)
"""Columns of `count_findings`."""


def age_band(column: str = "age_years") -> pl.Expr:
    """The band of `AGE_BANDS` that an age in years falls into, `unknown` where it is null."""
    bands = pl.lit(UNKNOWN)
    for name, (first, above) in AGE_BANDS.items():
        inside = (pl.col(column) >= first) & (pl.col(column) < above)
        bands = pl.when(inside).then(pl.lit(name)).otherwise(bands)
    return bands


GROUP_OF: Mapping[str, pl.Expr] = {
    "view": pl.col("view"),
    "sex": pl.col("sex").fill_null(UNKNOWN),
    "age": age_band(),
}
"""What a table can be split by → the group of an image."""


def count_findings(dataset: Dataset, by: str | None = None) -> pl.DataFrame:
    """Counts per split, group and finding, over images in use, as scoring reads their labels.

    Images of every view count, lateral ones too, which are never scored; images that are set
    aside count nowhere. An image counts for a finding where it is present, absent or not
    mentioned; uncertain and not annotated labels count nowhere. Prevalence is null where nothing
    counts, never 0.

    Args:
        dataset: Whose images.
        by: `view`, `sex` or `age`; all images are one group, "all", without it.

    Returns:
        One row per split, group and finding (`COUNTS`), in the order of `tables.SPLITS`,
        `GROUPS` and `FINDINGS`; splits and groups without an image have no rows.
    """
    group = GROUP_OF[by] if by else pl.lit("all")
    used = dataset.manifest.filter(~dataset.set_aside)
    long = used.with_columns(group=group).unpivot(
        FINDINGS, index=["split", "group", "patient_id"], variable_name="finding"
    )
    counted = pl.col("value").is_in([PRESENT, ABSENT, NOT_MENTIONED]).fill_null(value=False)
    positive = (pl.col("value") == PRESENT).fill_null(value=False)
    patient = pl.col("patient_id")
    counts = long.group_by("split", "group", "finding").agg(
        n=counted.sum(),
        n_patients=patient.filter(counted).n_unique(),
        n_positive=positive.sum(),
        n_positive_patients=patient.filter(positive).n_unique(),
    )
    prevalence = pl.when(pl.col("n") > 0).then(pl.col("n_positive") / pl.col("n"))
    groups = GROUPS[by] if by else ("all",)
    order = {"split": SPLITS, "group": groups, "finding": FINDINGS}
    ranks = [
        pl.col(name).replace_strict(values, range(len(values))) for name, values in order.items()
    ]
    return counts.with_columns(prevalence=prevalence).sort(ranks).cast(COUNTS).select(*COUNTS)
