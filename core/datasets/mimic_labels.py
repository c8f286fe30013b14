"""The label files of MIMIC-CXR-JPG, one of which a run uses; they are never mixed by column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from core.datasets.labels import CHEXPERT_LABELS, LabelMap, read_cells
from core.datasets.reading import note_duplicates, note_rows, read_csv
from core.errors import Problems
from core.findings import FINDINGS, NOT_MENTIONED, Finding
from core.tables import SPLITS


@dataclass(frozen=True)
class LabelSource:
    """One of the label files.

    Args:
        files: Its names, without a possible .gz; some of them may be missing.
        key: Our column that joins it to the images: `dicom_id` or `study_id`.
        key_column: Its own column that holds the key; of a path, the file's name is the key.
        labels: Which of its columns mean which finding.
        blank: What a blank cell means: `NOT_MENTIONED`, or None for a fault.
        labeller: For captions.
        splits: Splits that it covers.
        by_columns: Whether a table of another name is taken for it that has its columns.
    """

    files: tuple[str, ...]
    key: str
    key_column: str
    labels: LabelMap
    blank: int | None
    labeller: str
    splits: tuple[str, ...] = SPLITS
    by_columns: bool = False

    @property
    def columns(self) -> Mapping[str, Finding]:
        """Its columns that mean one finding each."""
        return self.labels.same_name


_FOURTEEN = LabelMap(
    same_name={
        "Pleural Effusion" if finding == Finding.EFFUSION else finding.replace("_", " "): finding
        for finding in FINDINGS
    }
)

LABEL_SOURCES: Mapping[str, LabelSource] = {
    "cxrlt14": LabelSource(
        files=(
            "train_labeled.csv",
            "development_labeled_task1.csv",
            "test_labeled_task1.csv",
        ),
        key="dicom_id",
        key_column="dicom_id",
        labels=_FOURTEEN,
        blank=None,
        labeller="CXR-LT labels, mined from reports",
        by_columns=True,
    ),
    "cxrlt14-2023": LabelSource(
        files=("train.csv", "development.csv"),
        key="dicom_id",
        key_column="path",
        labels=_FOURTEEN,
        blank=None,
        labeller="CXR-LT 2023 labels, mined from reports",
        by_columns=True,
    ),
    "chexpert7": LabelSource(
        files=("mimic-cxr-2.0.0-chexpert.csv",),
        key="study_id",
        key_column="study_id",
        labels=CHEXPERT_LABELS,
        blank=NOT_MENTIONED,
        labeller="CheXpert labeller's labels, mined from reports",
    ),
    "negbio7": LabelSource(
        files=("mimic-cxr-2.0.0-negbio.csv",),
        key="study_id",
        key_column="study_id",
        labels=CHEXPERT_LABELS,
        blank=NOT_MENTIONED,
        labeller="NegBio labels, mined from reports",
    ),
    "gold7": LabelSource(
        files=("mimic-cxr-2.1.0-test-set-labeled.csv",),
        key="study_id",
        key_column="study_id",
        labels=CHEXPERT_LABELS,
        blank=NOT_MENTIONED,
        labeller="a radiologist's labels of reports",
        splits=("test",),
    ),
}
DEFAULT_LABEL_SOURCE = "cxrlt14"


def read_labels(
    problems: Problems, paths: Sequence[Path], source: LabelSource, labels: LabelMap
) -> pl.DataFrame:
    """The label files, one below the other: their key, and one Int8 column per label.

    Args:
        problems: Where faulty rows are noted, and keys that stand in two of the files.
        paths: The files, parts of one release.
        source: What they are.
        labels: Those of the source's labels that are wanted.

    Raises:
        DataError: If a file is missing, no CSV, or lacks a column.
    """
    parts = [_read_part(problems, path, source, labels) for path in paths]
    keys = pl.concat(part.select(pl.col(source.key).unique()) for part in parts)[source.key]
    shared = keys.filter(keys.is_duplicated()).drop_nulls().unique().sort()
    if len(shared):
        names = " and ".join(path.name for path in paths)
        what = f"name {len(shared)} {source.key} more than once, first {shared[0]!r}."
        problems.add(paths[0].parent / names, what)
    return pl.concat(parts)


def _read_part(
    problems: Problems, path: Path, source: LabelSource, labels: LabelMap
) -> pl.DataFrame:
    raw = read_csv(path, (source.key_column, *labels.columns))
    name = pl.col(source.key_column).str.split("/").list.last().str.replace(r"\.[A-Za-z]+$", "")
    keyed = raw.with_columns(name.alias(source.key))
    note_rows(problems, path, keyed, pl.col(source.key).is_null(), f"{source.key} is blank.")
    note_duplicates(problems, path, keyed.drop_nulls(source.key), source.key)
    values = read_cells(problems, path, keyed, labels.columns, source.blank)
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
