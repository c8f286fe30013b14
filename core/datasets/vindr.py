"""VinDr-CXR (Nguyen et al., Scientific Data 2022; two hospitals in Hanoi), in its own layout.

The folder holds train/ and test/ with the images, as DICOM or converted to PNG or JPEG at their
original size, and the annotations beside them or in annotations/. Three radiologists read each
training image and five agreed on each test image. The release does not say who the patients are.
"""

from pathlib import Path

import polars as pl

from core.datasets.files import FAULT, existing_folder, relative_paths, with_faults
from core.datasets.indexed import indexed
from core.datasets.patients import VAL_TENTH, hash_split
from core.datasets.request import IndexedTables, IndexRequest, chosen_split
from core.datasets.vindr_boxes import upheld_boxes, with_boxes
from core.datasets.vindr_votes import LABELS, majority, read_annotations, with_global_labels
from core.errors import Problems
from core.findings import FINDINGS

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
        ConfigError: If the split is unknown.
        DataError: If anything is wrong; names every file and row.
        ModuleNotFoundError: If files are DICOM and pydicom is not installed.
    """
    chosen_split(request, SPLITS)
    root = existing_folder(request.root)
    problems = Problems()
    images: list[pl.DataFrame] = []
    boxes: list[pl.DataFrame] = []
    for part in PARTS:
        table = _find(root, f"annotations_{part}.csv")
        annotations = read_annotations(problems, table, several_readers=part == "train")
        labelled = majority(annotations, LABELS.up_to(request.tier))
        labels = _find(root, f"image_labels_{part}.csv")
        if labels.exists():
            labelled = with_global_labels(problems, labels, labelled)
        labelled = with_files(problems, root, table, part, labelled, request)
        images.append(_with_split(labelled, part))
        boxes.append(upheld_boxes(annotations, labelled, table))
    manifest = _manifest(problems, pl.concat(images))
    problems.raise_if_any()
    upheld = pl.concat(boxes)
    manifest, fractions = with_boxes(problems, root, manifest, upheld, request)
    problems.raise_if_any()
    return indexed(root, manifest, fractions, "official", _notes(manifest, upheld, fractions))


def _find(root: Path, name: str) -> Path:
    inner = root / "annotations" / name
    return inner if inner.exists() else root / name


def with_files(
    problems: Problems,
    root: Path,
    table: Path,
    part: str,
    images: pl.DataFrame,
    request: IndexRequest,
) -> pl.DataFrame:
    """`images` with their paths and `FAULT`.

    Args:
        problems: Where missing and damaged files are noted.
        root: The data set's folder.
        table: The annotations that name the images, for the message.
        part: Folder of the images in the root.
        images: One row per image, with the row of its first annotation.
        request: Whether files are looked at, and damaged ones set aside.
    """
    found: dict[str, str] = {}
    if not request.tables_only:
        for suffix in reversed(_SUFFIXES):
            files = relative_paths(problems, root, [root / part], f"*{suffix}")
            found |= {name.removesuffix(suffix): path for name, path in files.items()}
    known = pl.col("image_id").replace_strict(found, default=None, return_dtype=pl.String)
    expected = pl.concat_str(pl.lit(f"{part}/"), "image_id", pl.lit(_SUFFIXES[0]))
    images = images.with_columns(path=pl.coalesce(known, expected))
    return with_faults(problems, table, root, images, request)


def _with_split(images: pl.DataFrame, part: str) -> pl.DataFrame:
    if part == "train":
        return images.with_columns(split=hash_split(images["image_id"].fill_null(""), VAL_TENTH))
    return images.with_columns(split=pl.lit("test"))


def _manifest(problems: Problems, images: pl.DataFrame) -> pl.DataFrame:
    shared = images.filter(pl.col("image_id").is_duplicated())["image_id"].unique().sort()
    for image in shared.drop_nulls():
        problems.add(f"annotations of {' and '.join(PARTS)}", f"image {image!r} is in both.")
    return manifest_rows(images)


def manifest_rows(images: pl.DataFrame) -> pl.DataFrame:
    """Labelled images with their files and splits as rows of the manifest."""
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
        *(name for name in LABELS.composite_names.values() if name in images.columns),
        FAULT,
    )


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
