"""MIMIC-CXR-JPG (Johnson et al., 2019), in its own layout, with one source of labels a run.

Labels are per study (CheXpert's and NegBio's files, 7 of the 14 findings) or per image (the
CXR-LT files, all 14); they are never mixed by column (PROTOCOL section 1).
"""

from pathlib import Path

import polars as pl

from core.datasets.files import FAULT, existing_folder, with_faults
from core.datasets.indexed import indexed
from core.datasets.labels import LabelMap, Tier, not_annotated
from core.datasets.mimic_files import either, label_tables
from core.datasets.mimic_labels import (
    DEFAULT_LABEL_SOURCE,
    LABEL_SOURCES,
    missing_notes,
    note_strayed,
    read_labels,
)
from core.datasets.patients import note_shared_patients
from core.datasets.reading import ROW, note_duplicates, note_rows, read_csv
from core.datasets.request import IndexedTables, IndexRequest, chosen_split
from core.errors import ConfigError, Problems
from core.imaging.views import CODES, POSITIONS, UNKNOWN_VIEW
from core.lookup import lookup
from core.tables import BOXES

METADATA = "mimic-cxr-2.0.0-metadata.csv"
SPLIT = "mimic-cxr-2.0.0-split.csv"
SPLITS = ("official",)
SPLIT_VALUES = {"train": "train", "validate": "val", "test": "test"}


def index(request: IndexRequest) -> IndexedTables:
    """Read the release's tables and check all of them.

    Raises:
        ConfigError: If the label source is unknown, or has no composite labels to read.
        DataError: If anything is wrong; names every file and row.
    """
    chosen_split(request, SPLITS, options=("labels", "label_source"))
    name = request.label_source or DEFAULT_LABEL_SOURCE
    source = lookup(LABEL_SOURCES, name, "label source")
    if request.tier == Tier.COMPOSITE and not source.labels.composite:
        raise ConfigError(f"--tier composite means nothing to {name}: it has no such label.")
    root = existing_folder(request.root)
    problems = Problems()
    images = _images(problems, root)
    tables, found = label_tables(root, source, request.labels)
    wanted = source.labels.up_to(request.tier)
    labels = read_labels(problems, tables, source, wanted)
    labelled = images.join(labels, on=source.key, how="inner", maintain_order="left")
    note_strayed(problems, tables[0], labelled, source)
    labelled = with_faults(problems, either(root, METADATA), root, labelled, request)
    manifest = _manifest(labelled, wanted)
    note_shared_patients(problems, either(root, SPLIT), manifest.drop_nulls("split"))
    problems.raise_if_any()
    notes = (*found, *missing_notes(images, labelled, labels, name))
    return indexed(root, manifest, BOXES.empty(), "official", notes, source.labeller)


def _images(problems: Problems, root: Path) -> pl.DataFrame:
    """One row per image with its split, view and path."""
    metadata, split = either(root, METADATA), either(root, SPLIT)
    needed = ("dicom_id", "subject_id", "study_id", "ViewPosition", "ViewCodeSequence_CodeMeaning")
    images = read_csv(metadata, needed).select(ROW, *needed)
    splits = read_csv(split, ("dicom_id", "split")).select(ROW, "dicom_id", "split")
    for path, frame, keys in (
        (metadata, images, ("dicom_id", "subject_id", "study_id")),
        (split, splits, ("dicom_id",)),
    ):
        for key in keys:
            note_rows(problems, path, frame, pl.col(key).is_null(), f"{key} is blank.")
        note_duplicates(problems, path, frame.drop_nulls("dicom_id"), "dicom_id")
    strange = ~pl.col("split").is_in(list(SPLIT_VALUES)).fill_null(value=False)
    note_rows(problems, split, splits, strange, "unknown split {split!r}.")
    joined = images.join(splits.drop(ROW), on="dicom_id", how="left", maintain_order="left")
    unsplit = pl.col("split").is_null()
    note_rows(problems, metadata, joined, unsplit, "image {dicom_id!r} has no row in the split.")
    position = pl.col("ViewPosition")
    unknown_view = position.is_not_null() & ~position.is_in(list(POSITIONS))
    note_rows(problems, metadata, joined, unknown_view, "unknown view {ViewPosition!r}.")
    return joined.with_columns(
        split=pl.col("split").replace_strict(SPLIT_VALUES, default=None),
        view=_view(),
        path=_path(),
    )


def _view() -> pl.Expr:
    code = pl.col("ViewCodeSequence_CodeMeaning").str.to_lowercase()
    return pl.coalesce(
        pl.col("ViewPosition").replace_strict(POSITIONS, default=None, return_dtype=pl.String),
        code.replace_strict(CODES, default=None, return_dtype=pl.String),
        pl.lit(UNKNOWN_VIEW),
    )


def _path() -> pl.Expr:
    subject = pl.col("subject_id")
    return pl.format(
        "files/p{}/p{}/s{}/{}.jpg", subject.str.slice(0, 2), subject, "study_id", "dicom_id"
    )


def _manifest(labelled: pl.DataFrame, labels: LabelMap) -> pl.DataFrame:
    return labelled.select(
        pl.col("dicom_id").alias("image_id"),
        pl.col("subject_id").alias("patient_id"),
        "study_id",
        "path",
        "split",
        "view",
        pl.lit(None, pl.String).alias("sex"),
        pl.lit(None, pl.Float32).alias("age_years"),
        *labels.columns.values(),
        *not_annotated(labels.findings),
        FAULT,
    )
