"""VinDr-CXR (Nguyen et al., Scientific Data 2022; two hospitals in Hanoi), in its own layout.

The folder holds train/ and test/ with the images, as DICOM or converted to PNG or JPEG at their
original size, and the annotations beside them or in annotations/. Three radiologists read each
training image and five agreed on each test image. The release does not say who the patients are.
"""

from pathlib import Path

import polars as pl

from core.datasets.files import existing_folder, note_faulty_files, relative_paths
from core.datasets.image_size import image_sizes
from core.datasets.patients import VAL_TENTH, hash_split
from core.datasets.reading import ROW
from core.datasets.request import IndexedTables, IndexRequest, chosen_split
from core.datasets.vindr_votes import SIDES, majority, read_annotations, with_global_labels
from core.errors import Problems
from core.findings import FINDINGS
from core.tables import BOXES

SPLITS = ("official",)
PARTS = ("train", "test")
_SUFFIXES = (".dicom", ".dcm", ".png", ".jpg", ".jpeg")
PATIENT_NOTE = (
    "The release does not name patients: every image counts as its own patient, so intervals are "
    "too narrow and a patient may be in two splits, where patients have several images."
)


def index(request: IndexRequest) -> IndexedTables:
    """Read the annotations and check all of them.

    A tenth of the training images, by hash, is validation. Boxes are kept, as fractions of the
    image, where the majority of the readers names their finding.

    Raises:
        ConfigError: If the split is unknown, or files are DICOM and pydicom is not installed.
        DataError: If anything is wrong; names every file and row.
    """
    chosen_split(request, SPLITS)
    root = existing_folder(request.root)
    problems = Problems()
    images: list[pl.DataFrame] = []
    boxes: list[pl.DataFrame] = []
    for part in PARTS:
        table = _find(root, f"annotations_{part}.csv")
        annotations = read_annotations(problems, table, several_readers=part == "train")
        labelled = majority(annotations)
        labels = _find(root, f"image_labels_{part}.csv")
        if labels.exists():
            labelled = with_global_labels(problems, labels, labelled)
        labelled = _with_files(problems, root, table, part, labelled, request)
        images.append(labelled)
        boxes.append(_upheld(annotations, labelled).with_columns(table=pl.lit(str(table))))
    manifest = _manifest(problems, pl.concat(images))
    problems.raise_if_any()
    upheld = pl.concat(boxes)
    fractions = BOXES.empty() if request.tables_only else _fractions(problems, root, upheld)
    problems.raise_if_any()
    return IndexedTables(manifest, fractions, "official", _notes(manifest, upheld, fractions))


def _find(root: Path, name: str) -> Path:
    inner = root / "annotations" / name
    return inner if inner.exists() else root / name


def _with_files(
    problems: Problems,
    root: Path,
    table: Path,
    part: str,
    images: pl.DataFrame,
    request: IndexRequest,
) -> pl.DataFrame:
    """`images` with their paths and splits, files checked."""
    found: dict[str, str] = {}
    if not request.tables_only:
        for suffix in reversed(_SUFFIXES):
            files = relative_paths(root, [root / part], f"*{suffix}")
            found |= {name.removesuffix(suffix): path for name, path in files.items()}
    known = pl.col("image_id").replace_strict(found, default=None, return_dtype=pl.String)
    expected = pl.concat_str(pl.lit(f"{part}/"), "image_id", pl.lit(_SUFFIXES[0]))
    images = images.with_columns(path=pl.coalesce(known, expected))
    if not request.tables_only:
        note_faulty_files(problems, table, root, images.drop_nulls("path"), request.progress)
    return images.with_columns(
        split=hash_split(images["image_id"].fill_null(""), VAL_TENTH)
        if part == "train"
        else pl.lit("test")
    )


def _manifest(problems: Problems, images: pl.DataFrame) -> pl.DataFrame:
    shared = images.filter(pl.col("image_id").is_duplicated())["image_id"].unique().sort()
    for image in shared.drop_nulls():
        problems.add(f"annotations of {' and '.join(PARTS)}", f"image {image!r} is in both.")
    return images.select(
        "image_id",
        pl.col("image_id").alias("patient_id"),
        pl.col("image_id").alias("study_id"),
        "path",
        "split",
        pl.lit("PA").alias("view"),
        pl.lit(None, pl.String).alias("sex"),
        pl.lit(None, pl.Float32).alias("age_years"),
        *FINDINGS,
    )


def _upheld(annotations: pl.DataFrame, labelled: pl.DataFrame) -> pl.DataFrame:
    """The boxes of the findings that the majority names."""
    long = labelled.unpivot(FINDINGS, index=["image_id", "path"], variable_name="finding")
    present = long.filter(pl.col("value") == 1).drop("value")
    boxes = annotations.drop_nulls("finding").select(ROW, "image_id", "finding", *SIDES)
    return boxes.join(present, on=["image_id", "finding"], maintain_order="left")


def _fractions(problems: Problems, root: Path, boxes: pl.DataFrame) -> pl.DataFrame:
    """Boxes in pixels of the original image as fractions of it."""
    paths = boxes["path"].unique(maintain_order=True)
    sizes = image_sizes([root / path for path in paths])
    per_path = pl.DataFrame(
        {"path": paths, "w": [size[0] for size in sizes], "h": [size[1] for size in sizes]},
        schema={"path": pl.String, "w": pl.Int64, "h": pl.Int64},
    )
    sized = boxes.join(per_path, on="path", maintain_order="left")
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


def _notes(manifest: pl.DataFrame, upheld: pl.DataFrame, boxes: pl.DataFrame) -> tuple[str, ...]:
    notes = [PATIENT_NOTE]
    if manifest["Pneumonia"].null_count() == manifest.height:
        notes.append("Pneumonia is not annotated: there is no image_labels_train.csv or _test.csv.")
    if upheld.height and boxes.is_empty():
        notes.append(
            f"{upheld.height:,} boxes in pixels were left out: without the images their size is "
            "not known."
        )
    return tuple(notes)
