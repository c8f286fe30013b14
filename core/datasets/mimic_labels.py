"""The label files of MIMIC-CXR-JPG, one of which a run uses; they are never mixed by column."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from core.datasets.labels import CHEXPERT_LABELS, read_cells
from core.datasets.reading import note_duplicates, note_rows, read_csv
from core.errors import Problems
from core.findings import FINDINGS, NOT_MENTIONED, Finding
from core.tables import SPLITS


@dataclass(frozen=True)
class LabelSource:
    """One of the label files.

    Args:
        file: Its name, without a possible .gz.
        key: Our column that joins it to the images: `dicom_id` or `study_id`.
        key_column: Its own column that holds the key; of a path, the file's name is the key.
        columns: Its columns → findings.
        blank: What a blank cell means: `NOT_MENTIONED`, or None for a fault.
        labeller: For captions.
        splits: Splits that it covers.
    """

    file: str
    key: str
    key_column: str
    columns: Mapping[str, Finding]
    blank: int | None
    labeller: str
    splits: tuple[str, ...] = SPLITS


_SEVEN = CHEXPERT_LABELS.same_name
_FOURTEEN: Mapping[str, Finding] = {
    "Pleural Effusion" if finding == Finding.EFFUSION else finding.replace("_", " "): finding
    for finding in FINDINGS
}

LABEL_SOURCES: Mapping[str, LabelSource] = {
    "cxrlt14": LabelSource(
        file="train_labeled.csv",
        key="dicom_id",
        key_column="dicom_id",
        columns=_FOURTEEN,
        blank=None,
        labeller="CXR-LT labels, mined from reports",
    ),
    "cxrlt14-2023": LabelSource(
        file="train.csv",
        key="dicom_id",
        key_column="path",
        columns=_FOURTEEN,
        blank=None,
        labeller="CXR-LT 2023 labels, mined from reports",
    ),
    "chexpert7": LabelSource(
        file="mimic-cxr-2.0.0-chexpert.csv",
        key="study_id",
        key_column="study_id",
        columns=_SEVEN,
        blank=NOT_MENTIONED,
        labeller="CheXpert labeller's labels, mined from reports",
    ),
    "negbio7": LabelSource(
        file="mimic-cxr-2.0.0-negbio.csv",
        key="study_id",
        key_column="study_id",
        columns=_SEVEN,
        blank=NOT_MENTIONED,
        labeller="NegBio labels, mined from reports",
    ),
    "gold7": LabelSource(
        file="mimic-cxr-2.1.0-test-set-labeled.csv",
        key="study_id",
        key_column="study_id",
        columns=_SEVEN,
        blank=NOT_MENTIONED,
        labeller="a radiologist's labels of reports",
        splits=("test",),
    ),
}
DEFAULT_LABEL_SOURCE = "cxrlt14"


def read_labels(problems: Problems, path: Path, source: LabelSource) -> pl.DataFrame:
    """The label file: its key, and one Int8 column per finding that it annotates.

    Raises:
        DataError: If the file is missing, no CSV, or lacks a column.
    """
    raw = read_csv(path, (source.key_column, *source.columns))
    name = pl.col(source.key_column).str.split("/").list.last().str.replace(r"\.[A-Za-z]+$", "")
    keyed = raw.with_columns(name.alias(source.key))
    note_rows(problems, path, keyed, pl.col(source.key).is_null(), f"{source.key} is blank.")
    note_duplicates(problems, path, keyed.drop_nulls(source.key), source.key)
    values = read_cells(problems, path, keyed, source.columns, source.blank)
    return keyed.select(pl.col(source.key), *values)


def note_strayed(
    problems: Problems, path: Path, labelled: pl.DataFrame, source: LabelSource
) -> None:
    """Add a problem where the source labels images of a split that it must not know."""
    strayed = labelled.drop_nulls("split").filter(~pl.col("split").is_in(source.splits))
    if strayed.height:
        first = strayed.row(0, named=True)
        problems.add(
            path,
            f"labels {strayed.height} images outside the {' and '.join(source.splits)} split, "
            f"first {first['dicom_id']!r} in {first['split']}; is the split table another release?",
        )


def missing_notes(
    images: pl.DataFrame, labelled: pl.DataFrame, labels: pl.DataFrame, name: str
) -> tuple[str, ...]:
    """How many images the source leaves without a row, per split, and rows without an image."""
    source = LABEL_SOURCES[name]
    missing = images.join(labelled, on="dicom_id", how="anti")
    counts = [
        f"{count:,} in {split}"
        for split in source.splits
        if (count := missing.filter(split=split).height)
    ]
    notes = [f"Images without a row in {name} were left out: {', '.join(counts)}."] * bool(counts)
    if source.splits != SPLITS:
        notes.append(f"{name} covers the {' and '.join(source.splits)} split alone.")
    strangers = labels.join(images, on=source.key, how="anti").height
    if strangers:
        notes.append(f"Rows of {name} that name none of the images were left out: {strangers:,}.")
    return tuple(notes)
