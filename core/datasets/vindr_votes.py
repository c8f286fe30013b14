"""VinDr-CXR's annotations: labels by the majority of an image's readers, and their boxes."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from core.datasets.labels import MASS_OR_NODULE, LabelMap, not_annotated, read_cells
from core.datasets.reading import ROW, note_duplicates, note_rows, read_csv
from core.errors import Problems
from core.findings import Finding

LABELS = LabelMap(
    same_name={
        "Atelectasis": Finding.ATELECTASIS,
        "Cardiomegaly": Finding.CARDIOMEGALY,
        "Consolidation": Finding.CONSOLIDATION,
        "Edema": Finding.EDEMA,
        "Emphysema": Finding.EMPHYSEMA,
        "Infiltration": Finding.INFILTRATION,
        "Pleural effusion": Finding.EFFUSION,
        "Pleural thickening": Finding.PLEURAL_THICKENING,
        "Pneumonia": Finding.PNEUMONIA,
        "Pneumothorax": Finding.PNEUMOTHORAX,
        "Pulmonary fibrosis": Finding.FIBROSIS,
    },
    composite={"Nodule/Mass": MASS_OR_NODULE},
)
NO_FINDING = "No finding"
_NO_FINDING_OF_OURS = (
    "Aortic enlargement",
    "Calcification",
    "Clavicle fracture",
    "Enlarged PA",
    "ILD",
    "Lung Opacity",
    "Lung cavity",
    "Lung cyst",
    "Mediastinal shift",
    "Other lesion",
    "Rib fracture",
)
KNOWN_CLASSES = (NO_FINDING, *LABELS.same_name, *LABELS.composite, *_NO_FINDING_OF_OURS)
GLOBAL: Mapping[str, Finding] = {"Pneumonia": Finding.PNEUMONIA}
"""Labels of the whole image, which have no boxes and stand in the table of labels only."""


def local_findings(labels: LabelMap) -> Mapping[str, Finding]:
    """The classes that mean one finding and have boxes."""
    return {name: each for name, each in labels.same_name.items() if name not in GLOBAL}


LOCAL = local_findings(LABELS)
SIDES = ("x_min", "y_min", "x_max", "y_max")
_CONSENSUS = "consensus"


def read_annotations(problems: Problems, path: Path, several_readers: bool) -> pl.DataFrame:
    """One row per reader, class and box: image_id, rad_id, class_name, finding, sides in pixels.

    Args:
        problems: Where faulty rows are noted.
        path: annotations_train.csv, with a column `rad_id`, or annotations_test.csv without.
        several_readers: Whether it is the former.

    Raises:
        DataError: If the file is missing, no CSV, or lacks a column.
    """
    readers = ("rad_id",) if several_readers else ()
    raw = read_csv(path, ("image_id", *readers, "class_name", *SIDES))
    if not several_readers:
        raw = raw.with_columns(rad_id=pl.lit(_CONSENSUS))
    for column in ("image_id", "rad_id", "class_name"):
        note_rows(problems, path, raw, pl.col(column).is_null(), f"{column} is blank.")
    sentence = f"unknown class {{class_name!r}}; known are {', '.join(KNOWN_CLASSES)}."
    note_rows(problems, path, raw, ~pl.col("class_name").is_in(KNOWN_CLASSES), sentence)
    sides = [pl.col(name).cast(pl.Float64, strict=False) for name in SIDES]
    finding = pl.col("class_name").replace_strict(LOCAL, default=None, return_dtype=pl.String)
    rows = raw.with_columns(*sides, finding=finding)
    _note_faulty_boxes(problems, path, rows)
    return rows.select(ROW, "image_id", "rad_id", "class_name", "finding", *SIDES)


def _note_faulty_boxes(problems: Problems, path: Path, rows: pl.DataFrame) -> None:
    inverted = (pl.col("x_max") <= pl.col("x_min")) | (pl.col("y_max") <= pl.col("y_min"))
    shown = "the box {x_min}, {y_min}, {x_max}, {y_max} of {class_name}"
    note_rows(problems, path, rows, inverted, f"{shown} is inverted or empty.")
    incomplete = pl.col("finding").is_not_null() & pl.any_horizontal(
        pl.col(name).is_null() for name in SIDES
    )
    note_rows(problems, path, rows, incomplete, f"{shown} is no four numbers.")
    reader = ("image_id", "rad_id")
    empty = (pl.col("class_name") == NO_FINDING).any().over(reader)
    both = empty & (pl.col("class_name") != NO_FINDING)
    sentence = "reader {rad_id} says No finding and {class_name} of image {image_id!r}."
    note_rows(problems, path, rows, both, sentence)


def majority(annotations: pl.DataFrame, labels: LabelMap = LABELS) -> pl.DataFrame:
    """One row per image: 1 where more than half of its readers name the finding, else 0.

    Findings of the whole image are null; `with_global_labels` adds them.

    Args:
        annotations: As `read_annotations` gives them.
        labels: The map whose findings and composites get a column each.
    """
    readers, local = pl.col("rad_id"), local_findings(labels)
    votes = [
        (2 * readers.filter(pl.col("class_name") == name).n_unique() > readers.n_unique())
        .cast(pl.Int8)
        .alias(ours)
        for name, ours in {**local, **labels.composite_names}.items()
    ]
    absent = not_annotated(tuple(local.values()))
    per_image = annotations.group_by("image_id", maintain_order=True)
    return per_image.agg(pl.col(ROW).first(), *votes).with_columns(*absent)


def with_global_labels(problems: Problems, path: Path, images: pl.DataFrame) -> pl.DataFrame:
    """`images` with the findings of the whole image, by majority, from the table of labels.

    Raises:
        DataError: If the file is no CSV, or lacks a column.
    """
    raw = read_csv(path, ("image_id", *GLOBAL))
    cells = read_cells(problems, path, raw, GLOBAL, blank=None)
    if "rad_id" in raw.columns:
        note_duplicates(problems, path, raw.drop_nulls("rad_id"), "image_id", "rad_id")
    strange = ~pl.col("image_id").is_in(images["image_id"].implode())
    note_rows(problems, path, raw, strange, "image {image_id!r} has no annotations.")
    names = list(GLOBAL.values())
    votes = raw.select("image_id", *cells).group_by("image_id")
    labels = votes.agg(
        (2 * pl.col(name).sum() > pl.len()).cast(pl.Int8).alias(name) for name in names
    )
    joined = images.drop(names).join(labels, on="image_id", how="left", maintain_order="left")
    note_rows(
        problems,
        path,
        joined,
        pl.col(names[0]).is_null(),
        "image {image_id!r}, whose annotations start there, has no labels.",
    )
    return joined
