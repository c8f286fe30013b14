"""VinDr-CXR's boxes: those of the findings that the majority names, as fractions of the image."""

from pathlib import Path

import polars as pl

from core.datasets.files import FAULT
from core.datasets.reading import ROW
from core.datasets.request import IndexRequest
from core.datasets.vindr_votes import SIDES
from core.errors import Problems
from core.findings import FINDINGS
from core.imaging.image_size import image_sizes
from core.tables import BOXES


def upheld_boxes(annotations: pl.DataFrame, labelled: pl.DataFrame, table: Path) -> pl.DataFrame:
    """The boxes of the findings that the majority names, on images whose files are whole.

    Args:
        annotations: As `vindr_votes.read_annotations` gives them.
        labelled: One row per image, with its path, `FAULT` and findings.
        table: The file of the annotations.

    Returns:
        `ROW`, image_id, finding, path, sides in pixels, and table: the file's name.
    """
    whole = labelled.filter(pl.col(FAULT).is_null())
    long = whole.unpivot(FINDINGS, index=["image_id", "path"], variable_name="finding")
    present = long.filter(pl.col("value") == 1).drop("value")
    boxes = annotations.drop_nulls("finding").select(ROW, "image_id", "finding", *SIDES)
    joined = boxes.join(present, on=["image_id", "finding"], maintain_order="left")
    return joined.with_columns(table=pl.lit(str(table)))


def with_boxes(
    problems: Problems,
    root: Path,
    images: pl.DataFrame,
    boxes: pl.DataFrame,
    request: IndexRequest,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The images, with `FAULT` where a box needs a size that the file does not tell, and the boxes.

    Args:
        problems: Where boxes outside their image are noted, and images without a size unless they
            are set aside.
        root: The data set's folder.
        images: One row per image, with its path and `FAULT`.
        boxes: As `upheld_boxes` gives them.
        request: Whether files are looked at, and damaged ones set aside.

    Returns:
        `images`; and the boxes (`tables.BOXES`), fractions of the original image.
    """
    if request.tables_only:
        return images, BOXES.empty()
    sizes = _sizes(root, boxes["path"].unique(maintain_order=True))
    sized = boxes.join(sizes, on="path", maintain_order="left")
    unsized = sized.drop_nulls("unsized").unique("path", maintain_order=True)
    for row in unsized.iter_rows(named=True) if not request.quarantine else ():
        where = f"{row['table']}, row {row[ROW]}"
        advice = "get it anew, or set it aside with --quarantine"
        problems.add(where, f"image {row['path']} {row['unsized']}; {advice}.")
    told = pl.coalesce(FAULT, pl.format("{} {}", "path", "unsized"))
    images = images.join(
        sizes.select("path", "unsized"), on="path", how="left", maintain_order="left"
    ).with_columns(told.alias(FAULT))
    return images.drop("unsized"), _fractions(problems, sized.drop_nulls("w"))


def _sizes(root: Path, paths: pl.Series) -> pl.DataFrame:
    """Width and height per path, or why there are none."""
    found = image_sizes([root / path for path in paths])
    rows = [
        (path, None, None, size) if isinstance(size, str) else (path, *size, None)
        for path, size in zip(paths, found, strict=True)
    ]
    schema = {"path": pl.String, "w": pl.Int64, "h": pl.Int64, "unsized": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _fractions(problems: Problems, sized: pl.DataFrame) -> pl.DataFrame:
    """Boxes in pixels of the original image as fractions of it."""
    outside = (
        (pl.min_horizontal("x_min", "y_min") < 0)
        | (pl.col("x_max") > pl.col("w"))
        | (pl.col("y_max") > pl.col("h"))
    )
    for row in sized.filter(outside).iter_rows(named=True):
        problems.add(
            f"{row['table']}, row {row[ROW]}",
            f"the box {', '.join(str(row[side]) for side in SIDES)} is not inside {row['path']} "
            f"of {row['w']} x {row['h']} pixels; images must have their original size.",
        )
    return sized.select(
        "image_id",
        "finding",
        x=pl.col("x_min") / pl.col("w"),
        y=pl.col("y_min") / pl.col("h"),
        width=(pl.col("x_max") - pl.col("x_min")) / pl.col("w"),
        height=(pl.col("y_max") - pl.col("y_min")) / pl.col("h"),
    ).unique(maintain_order=True)
