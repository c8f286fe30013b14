"""PadChest (Bustos et al., Medical Image Analysis 2020; Hospital San Juan, Alicante).

The folder holds the table and the images, in the folders 0 … 54 that `ImageDir` names or, as in
resized copies, all in one. Labels are whole entries of a list, never parts of a word. A label
that is not in an image's list counts as absent, as in ChestX-ray14.
"""

import ast
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from core.datasets.files import FAULT, existing_folder, with_faults
from core.datasets.indexed import indexed
from core.datasets.labels import Tier, listed_labels, not_annotated
from core.datasets.padchest_labels import LABELS
from core.datasets.patients import HASH_SPLITS, hash_split, note_shared_patients
from core.datasets.reading import ROW, note_duplicates, note_rows, read_csv
from core.datasets.request import IndexedTables, IndexRequest, chosen_split
from core.errors import Problems
from core.tables import BOXES, MAX_AGE_YEARS

TABLE = "PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv"
SPLITS = ("by-patient", "test")
SPLIT_NAMES = {"by-patient": "by patient hash", "test": "all images as test"}
_COLUMNS = (
    "ImageID",
    "ImageDir",
    "StudyID",
    "PatientID",
    "PatientBirth",
    "StudyDate_DICOM",
    "PatientSex_DICOM",
    "Projection",
    "MethodLabel",
    "Labels",
)

VIEWS: Mapping[str, str] = {
    "PA": "PA",
    "AP": "AP",
    "AP_horizontal": "AP",
    "L": "LATERAL",
    "COSTAL": "LATERAL",
    "UNK": "UNKNOWN",
}
"""Projections; rib views count as lateral, for they are no frontal views of the chest."""
EXCLUDED = "EXCLUDE"
UNUSABLE_LABEL, NO_NEWS, NORMAL = "exclude", "unchanged", "normal"
SEXES: Mapping[str, str | None] = {"F": "F", "M": "M", "O": None, "None": None}


def index(request: IndexRequest) -> IndexedTables:
    """Read the table and check all of it.

    Raises:
        ConfigError: If the split is unknown.
        DataError: If anything is wrong; names every file and row.
    """
    split = chosen_split(request, SPLITS, options=("labels",))
    root = existing_folder(request.root)
    table = root / (request.labels or TABLE)
    problems = Problems()
    raw = read_csv(table, _COLUMNS).select(ROW, *_COLUMNS)
    rows = raw.with_columns(labels=_label_lists(raw["Labels"]))
    _note_faulty_rows(problems, table, rows)
    used = rows.filter(~(_is_excluded() | _is_unlabelled() | _is_contradicting()))
    used = used.with_columns(
        path=_path(root),
        split=hash_split(used["PatientID"].fill_null(""), HASH_SPLITS[split]),
    )
    used = with_faults(problems, table, root, used, request)
    manifest = _manifest(used, request.tier)
    note_shared_patients(problems, table, manifest.drop_nulls("patient_id"))
    problems.raise_if_any()
    return indexed(root, manifest, BOXES.empty(), SPLIT_NAMES[split], _notes(rows))


def _label_lists(cells: pl.Series) -> pl.Series:
    """The stringified lists as lists; null where a cell is blank or no list of strings."""
    distinct = cells.drop_nulls().unique()
    parsed = {cell: _parsed(cell) for cell in distinct}
    lists = [None if cell is None else parsed[cell] for cell in cells]
    return pl.Series(lists, dtype=pl.List(pl.String))


def _parsed(cell: str) -> list[str] | None:
    try:
        entries: object = ast.literal_eval(cell)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    if not isinstance(entries, list):
        return None
    names = [str(entry).strip() for entry in entries]  # pyright: ignore[reportUnknownVariableType]
    return [name for name in names if name]


def _note_faulty_rows(problems: Problems, table: Path, rows: pl.DataFrame) -> None:
    for column in ("ImageID", "PatientID", "StudyID"):
        note_rows(problems, table, rows, pl.col(column).is_null(), f"{column} is blank.")
    note_duplicates(problems, table, rows.drop_nulls("ImageID"), "ImageID")
    no_list = pl.col("Labels").is_not_null() & pl.col("labels").is_null()
    note_rows(problems, table, rows, no_list, "Labels {Labels!r} is no list such as ['nodule'].")
    projection = pl.col("Projection")
    unknown_view = projection.is_not_null() & ~projection.is_in([*VIEWS, EXCLUDED])
    note_rows(problems, table, rows, unknown_view, "unknown view {Projection!r}.")
    sex = pl.col("PatientSex_DICOM")
    unknown_sex = sex.is_not_null() & ~sex.is_in(list(SEXES))
    note_rows(problems, table, rows, unknown_sex, "unknown sex {PatientSex_DICOM!r}.")
    both = pl.col("PatientBirth").is_not_null() & pl.col("StudyDate_DICOM").is_not_null()
    sentence = "birth {PatientBirth!r} and study {StudyDate_DICOM!r} are no year and no YYYYMMDD."
    note_rows(problems, table, rows, both & _age_years().is_null(), sentence)


def _is_excluded() -> pl.Expr:
    """Images that PadChest's authors set aside."""
    by_label = pl.col("labels").list.contains(UNUSABLE_LABEL)
    return (pl.col("Projection") == EXCLUDED).fill_null(value=False) | by_label.fill_null(
        value=False
    )


def _is_unlabelled() -> pl.Expr:
    """Reports without a label, or that only say "unchanged": never filled from another study."""
    left = pl.col("labels").list.set_difference([NO_NEWS])
    return (left.list.len() == 0).fill_null(value=True)


def _is_contradicting() -> pl.Expr:
    """Lists that hold "normal" beside a finding: nobody can say which of them is meant."""
    ill = pl.any_horizontal(column == 1 for column in listed_labels(LABELS, "labels"))
    return (pl.col("labels").list.contains(NORMAL) & ill).fill_null(value=False)


def _path(root: Path) -> pl.Expr:
    folders = [path.name for path in root.iterdir() if path.is_dir()]
    in_folder = pl.concat_str("ImageDir", pl.lit("/"), "ImageID")
    return pl.when(pl.col("ImageDir").is_in(folders)).then(in_folder).otherwise("ImageID")


def _age_years() -> pl.Expr:
    """From the years of birth and study; the day of birth is not released."""
    birth = pl.col("PatientBirth").str.extract(r"^(\d{4})(?:\.0)?$").cast(pl.Float32, strict=False)
    study = pl.col("StudyDate_DICOM").str.extract(r"^(\d{4})\d{4}$").cast(pl.Float32, strict=False)
    return study - birth


def _possible_age() -> pl.Expr:
    years = _age_years()
    return pl.when(years.is_between(0, MAX_AGE_YEARS)).then(years)


def _manifest(rows: pl.DataFrame, tier: Tier) -> pl.DataFrame:
    return rows.select(
        pl.col("ImageID").alias("image_id"),
        pl.col("PatientID").alias("patient_id"),
        pl.col("StudyID").alias("study_id"),
        "path",
        "split",
        pl.col("Projection")
        .replace_strict(VIEWS, default="UNKNOWN", return_dtype=pl.String)
        .alias("view"),
        pl.col("PatientSex_DICOM")
        .replace_strict(SEXES, default=None, return_dtype=pl.String)
        .alias("sex"),
        _possible_age().alias("age_years"),
        *listed_labels(LABELS, "labels", tier),
        *not_annotated(LABELS.up_to(tier).findings),
        FAULT,
    )


def _notes(rows: pl.DataFrame) -> tuple[str, ...]:
    counted = {
        "images that PadChest sets aside (EXCLUDE) were left out": _is_excluded(),
        'images without a label, or with "unchanged" alone, were left out': _is_unlabelled()
        & ~_is_excluded(),
        "images that are labelled normal and with a finding at once were left out": (
            _is_contradicting() & ~_is_excluded()
        ),
        "images have labels from physicians; the others are a network's": pl.col("MethodLabel")
        .str.to_lowercase()
        .eq("physician")
        .fill_null(value=False),
        f"ages below 0 or over {MAX_AGE_YEARS} years were set to unknown": _age_years()
        .is_between(0, MAX_AGE_YEARS)
        .not_()
        .fill_null(value=False),
    }
    counts = rows.select(expr.sum().alias(text) for text, expr in counted.items()).row(
        0, named=True
    )
    return tuple(f"{count:,} {text}." for text, count in counts.items() if count)
