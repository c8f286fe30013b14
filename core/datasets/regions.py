"""Regions that attention may lie on for the wrong reason: markers, tubes, borders, masks.

A CSV with the columns image_id, region, x, y, width, height: rectangles in fractions of the
original image. Rectangles of one image and region are taken together, so that a mask may come as
its runs. A column `finding` restricts a rectangle to the maps of one finding; where it is blank
the rectangle holds for all of them.
"""

from pathlib import Path

import polars as pl

from core.datasets.reading import note_rows, read_csv
from core.errors import Problems
from core.findings import as_finding

_SIDES = ("x", "y", "width", "height")
_REQUIRED = ("image_id", "region", *_SIDES)
_ROUNDING = 1e-6

REGION_BOXES = pl.Schema(
    {"image_id": pl.String, "region": pl.String, "finding": pl.String}
    | dict.fromkeys(_SIDES, pl.Float64)
)


def read_regions(path: Path, manifest: pl.DataFrame) -> pl.DataFrame:
    """Read a table of regions and check it against a manifest.

    Args:
        path: The CSV.
        manifest: Of the data set that the images belong to.

    Returns:
        One row a rectangle (`REGION_BOXES`); finding is null where it holds for all.

    Raises:
        DataError: If the file breaks its format or names images that the manifest lacks; names
            every row.
    """
    raw = read_csv(path, _REQUIRED)
    if "finding" not in raw.columns:
        raw = raw.with_columns(finding=pl.lit(None, pl.String))
    problems = Problems()
    for name in ("image_id", "region"):
        note_rows(problems, path, raw, pl.col(name).is_null(), f"{name} is blank.")
    stranger = ~pl.col("image_id").is_in(manifest["image_id"].implode())
    note_rows(problems, path, raw, stranger, "image {image_id!r} is not in the manifest.")
    named = [as_finding(name) if name else None for name in raw["finding"]]
    known = raw.with_columns(known=pl.Series(named, dtype=pl.String))
    lost = pl.col("finding").is_not_null() & pl.col("known").is_null()
    note_rows(problems, path, known, lost, "unknown finding {finding!r}.")
    frame = raw.with_columns(pl.col(name).cast(pl.Float64, strict=False) for name in _SIDES)
    note_rows(
        problems,
        path,
        raw.with_columns(is_inside=frame.select(_is_inside()).to_series()),
        ~pl.col("is_inside"),
        "{x}, {y}, {width}, {height} is no rectangle inside the image; give fractions of it.",
    )
    problems.raise_if_any()
    return frame.with_columns(finding=known["known"]).select(REGION_BOXES.names())


def _is_inside() -> pl.Expr:
    right, bottom = pl.col("x") + pl.col("width"), pl.col("y") + pl.col("height")
    return (
        (pl.min_horizontal("x", "y") >= 0)
        & (pl.min_horizontal("width", "height") > 0)
        & (right <= 1 + _ROUNDING)
        & (bottom <= 1 + _ROUNDING)
    ).fill_null(value=False)
