"""MIMIC-CXR-JPG (Johnson et al., 2019), in its own layout, with one source of labels a run.

Labels are per study (CheXpert's and NegBio's files, 7 of the 14 findings) or per image (the
CXR-LT files, all 14); they are never mixed by column (PROTOCOL section 1).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from core.datasets.files import existing_folder, note_faulty_files
from core.datasets.patients import note_shared_patients
from core.datasets.reading import ROW, note_duplicates, note_rows, read_csv
from core.datasets.request import IndexedTables, IndexRequest
from core.errors import DataError, Problems
from core.findings import FINDINGS, NOT_MENTIONED, Finding
from core.lookup import lookup
from core.tables import BOXES


@dataclass(frozen=True)
class LabelSource:
    """One of the label files.

    Args:
        file: Its name, without a possible .gz.
        key: Column that joins it to the images.
        columns: Finding → its column.
        blank: What a blank cell means: `NOT_MENTIONED`, or None for a fault.
        labeller: For captions.
    """

    file: str
    key: str
    columns: Mapping[Finding, str]
    blank: int | None
    labeller: str


_SEVEN = {
    Finding.ATELECTASIS: "Atelectasis",
    Finding.CARDIOMEGALY: "Cardiomegaly",
    Finding.CONSOLIDATION: "Consolidation",
    Finding.EDEMA: "Edema",
    Finding.EFFUSION: "Pleural Effusion",
    Finding.PNEUMONIA: "Pneumonia",
    Finding.PNEUMOTHORAX: "Pneumothorax",
}
_FOURTEEN = {finding: finding.replace("_", " ") for finding in FINDINGS} | {
    Finding.EFFUSION: "Pleural Effusion"
}

LABEL_SOURCES: Mapping[str, LabelSource] = {
    "cxrlt14": LabelSource(
        file="train_labeled.csv",
        key="dicom_id",
        columns=_FOURTEEN,
        blank=None,
        labeller="CXR-LT labels, mined from reports",
    ),
    "chexpert7": LabelSource(
        file="mimic-cxr-2.0.0-chexpert.csv",
        key="study_id",
        columns=_SEVEN,
        blank=NOT_MENTIONED,
        labeller="CheXpert labeller's labels, mined from reports",
    ),
    "negbio7": LabelSource(
        file="mimic-cxr-2.0.0-negbio.csv",
        key="study_id",
        columns=_SEVEN,
        blank=NOT_MENTIONED,
        labeller="NegBio labels, mined from reports",
    ),
}
DEFAULT_LABEL_SOURCE = "cxrlt14"

METADATA = "mimic-cxr-2.0.0-metadata.csv"
SPLIT = "mimic-cxr-2.0.0-split.csv"
SPLITS = {"train": "train", "validate": "val", "test": "test"}
VIEWS = (
    dict.fromkeys(("PA", "PA LLD", "PA RLD"), "PA")
    | dict.fromkeys(("AP", "AP AXIAL", "AP LLD", "AP RLD"), "AP")
    | dict.fromkeys(
        ("LATERAL", "LL", "XTABLE LATERAL", "SWIMMERS", "LAO", "RAO", "LPO", "RPO"), "LATERAL"
    )
)
"""View positions; obliques count as lateral, for they are not frontal."""
VIEW_CODES = {
    "postero-anterior": "PA",
    "antero-posterior": "AP",
    "lateral": "LATERAL",
    "left lateral": "LATERAL",
    "right lateral": "LATERAL",
    "left anterior oblique": "LATERAL",
    "right anterior oblique": "LATERAL",
}
"""What `ViewCodeSequence_CodeMeaning` says where `ViewPosition` is empty."""
LABEL_CELLS = {cell: value for value in (1, 0, -1) for cell in (str(value), f"{value}.0")}


def index(request: IndexRequest) -> IndexedTables:
    """Read the release's tables and check all of them.

    Raises:
        ConfigError: If the label source is unknown.
        DataError: If anything is wrong; names every file and row.
    """
    name = request.label_source or DEFAULT_LABEL_SOURCE
    source = lookup(LABEL_SOURCES, name, "label source")
    root = existing_folder(request.root)
    problems = Problems()
    images = _images(problems, root)
    table = root / (request.labels or _either(root, source.file).name)
    labels = _labels(problems, table, source)
    labelled = images.join(labels, on=source.key, how="inner", maintain_order="left")
    if not request.tables_only:
        metadata = _either(root, METADATA)
        note_faulty_files(problems, metadata, root, labelled.drop_nulls("path"), request.progress)
    manifest = _manifest(labelled)
    note_shared_patients(problems, root / SPLIT, manifest.drop_nulls("split"))
    problems.raise_if_any()
    if manifest.is_empty():
        raise DataError(f"{table}: labels none of the images in {METADATA}.")
    notes = _missing_notes(images, labelled, name)
    return IndexedTables(manifest, BOXES.empty(), "official", notes, source.labeller)


def _either(root: Path, file: str) -> Path:
    """The file, or its gzipped form where there is only that."""
    plain, gzipped = root / file, root / f"{file}.gz"
    return gzipped if gzipped.exists() and not plain.exists() else plain


def _images(problems: Problems, root: Path) -> pl.DataFrame:
    """One row per image with its split, view and path."""
    metadata, split = _either(root, METADATA), _either(root, SPLIT)
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
    strange = ~pl.col("split").is_in(list(SPLITS)).fill_null(value=False)
    note_rows(problems, split, splits, strange, "unknown split {split!r}.")
    joined = images.join(splits.drop(ROW), on="dicom_id", how="left", maintain_order="left")
    unsplit = pl.col("split").is_null()
    note_rows(problems, metadata, joined, unsplit, "image {dicom_id!r} has no row in the split.")
    position = pl.col("ViewPosition")
    unknown_view = position.is_not_null() & ~position.is_in(list(VIEWS))
    note_rows(problems, metadata, joined, unknown_view, "unknown view {ViewPosition!r}.")
    return joined.with_columns(
        split=pl.col("split").replace_strict(SPLITS, default=None),
        view=_view(),
        path=_path(),
    )


def _view() -> pl.Expr:
    code = pl.col("ViewCodeSequence_CodeMeaning").str.to_lowercase()
    return pl.coalesce(
        pl.col("ViewPosition").replace_strict(VIEWS, default=None, return_dtype=pl.String),
        code.replace_strict(VIEW_CODES, default=None, return_dtype=pl.String),
        pl.lit("UNKNOWN"),
    )


def _path() -> pl.Expr:
    subject = pl.col("subject_id")
    return pl.format(
        "files/p{}/p{}/s{}/{}.jpg", subject.str.slice(0, 2), subject, "study_id", "dicom_id"
    )


def _labels(problems: Problems, path: Path, source: LabelSource) -> pl.DataFrame:
    """The label file: its key and one Int8 column per finding."""
    raw = read_csv(path, (source.key, *source.columns.values()))
    note_rows(problems, path, raw, pl.col(source.key).is_null(), f"{source.key} is blank.")
    note_duplicates(problems, path, raw.drop_nulls(source.key), source.key)
    columns: list[pl.Expr] = []
    for finding, name in source.columns.items():
        cell = pl.col(name)
        strange = cell.is_not_null() & ~cell.is_in(list(LABEL_CELLS))
        sentence = f"column {name}: {{{name}!r}} is none of 1.0, 0.0, -1.0."
        note_rows(problems, path, raw, strange, sentence)
        if source.blank is None:
            note_rows(problems, path, raw, cell.is_null(), f"column {name} is blank.")
        value = cell.replace_strict(LABEL_CELLS, default=None, return_dtype=pl.Int8)
        blank = pl.lit(source.blank, pl.Int8)
        columns.append(pl.coalesce(value, blank).alias(finding))
    return raw.select(pl.col(source.key), *columns)


def _manifest(labelled: pl.DataFrame) -> pl.DataFrame:
    absent = [finding for finding in FINDINGS if finding not in labelled.columns]
    return labelled.select(
        pl.col("dicom_id").alias("image_id"),
        pl.col("subject_id").alias("patient_id"),
        "study_id",
        "path",
        "split",
        "view",
        pl.lit(None, pl.String).alias("sex"),
        pl.lit(None, pl.Float32).alias("age_years"),
        *(pl.lit(None, pl.Int8).alias(name) if name in absent else name for name in FINDINGS),
    )


def _missing_notes(images: pl.DataFrame, labelled: pl.DataFrame, name: str) -> tuple[str, ...]:
    """How many images have no row in the label source, per split."""
    missing = images.join(labelled, on="dicom_id", how="anti")["split"].value_counts(sort=True)
    if missing.is_empty():
        return ()
    counts = ", ".join(f"{count:,} in {split}" for split, count in missing.iter_rows())
    return (f"Images without a row in {name} were left out: {counts}.",)
