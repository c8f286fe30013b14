"""CheXpert-v1.0 (Irvin et al., AAAI 2019; Stanford Hospital), in its own layout.

A tenth of train.csv's patients is validation. The test split is test.csv where the folder holds
one, and else valid.csv (200 patients, labelled by radiologists); beside a test.csv, valid.csv is
left out, for its labels come from other readers than those of the validation split.
"""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from core.datasets.files import existing_folder, with_faults
from core.datasets.indexed import indexed
from core.datasets.labels import CHEXPERT_LABELS, LabelMap, not_annotated, read_cells
from core.datasets.patients import VAL_TENTH, hash_split, note_shared_patients
from core.datasets.reading import ROW, note_duplicates, note_rows, read_csv
from core.datasets.request import IndexedTables, IndexRequest, chosen_split
from core.errors import Problems
from core.findings import NOT_MENTIONED
from core.tables import BOXES, MAX_AGE_YEARS

SPLITS = ("official",)
TRAIN_TABLE, VALID_TABLE, TEST_TABLE = "train.csv", "valid.csv", "test.csv"
_PATH = r"^(?:.*/)?((train|valid|test)/(patient\d+)/(study\d+)/[^/]+)$"
_DEMOGRAPHY = ("Sex", "Age", "Frontal/Lateral", "AP/PA")
"""Columns that train.csv and valid.csv must have; a test.csv may do without them."""

VIEWS: Mapping[str, str] = {"PA": "PA", "AP": "AP", "LL": "LATERAL", "RL": "LATERAL"}
SIDES: Mapping[str, str] = {"Frontal": "UNKNOWN", "Lateral": "LATERAL"}
SEXES: Mapping[str, str | None] = {"Female": "F", "Male": "M", "Unknown": None}


def index(request: IndexRequest) -> IndexedTables:
    """Read the release's tables and check all of them.

    Raises:
        ConfigError: If the split is unknown.
        DataError: If anything is wrong; names every file and row.
    """
    chosen_split(request, SPLITS)
    root = existing_folder(request.root)
    problems = Problems()
    test_table = TEST_TABLE if (root / TEST_TABLE).exists() else VALID_TABLE
    parts: list[pl.DataFrame] = []
    for name in (TRAIN_TABLE, test_table):
        table = root / name
        rows = _read(problems, table, CHEXPERT_LABELS.up_to(request.tier))
        parts.append(_with_split(with_faults(problems, table, root, rows, request), name))
    manifest = pl.concat(parts).drop(ROW)
    tables = root / f"{TRAIN_TABLE} and {test_table}"
    note_shared_patients(problems, tables, manifest.drop_nulls("patient_id"))
    problems.raise_if_any()
    return indexed(root, manifest, BOXES.empty(), "official", _notes(root, test_table))


def _read(problems: Problems, table: Path, labels: LabelMap) -> pl.DataFrame:
    """A table as manifest rows without their split, with composites and their `ROW`."""
    demography = () if table.name == TEST_TABLE else _DEMOGRAPHY
    raw = read_csv(table, ("Path", *demography, *labels.columns))
    absent = [pl.lit(None, pl.String).alias(name) for name in _DEMOGRAPHY if name not in raw]
    raw = raw.with_columns(*absent)
    parts = pl.col("Path").str.extract_groups(_PATH).struct
    rows = raw.with_columns(path=parts[0], patient_id=parts[2], study=parts[3])
    note_rows(
        problems,
        table,
        rows,
        pl.col("path").is_null(),
        "Path {Path!r} is not of the form …/train/patient00001/study1/view1_frontal.jpg.",
    )
    note_duplicates(problems, table, rows.drop_nulls("path"), "path")
    _note_strange_cells(problems, table, rows)
    values = read_cells(problems, table, rows, labels.columns, NOT_MENTIONED)
    return rows.select(
        ROW,
        pl.col("path").alias("image_id"),
        "patient_id",
        pl.concat_str("patient_id", "study", separator="/").alias("study_id"),
        "path",
        _view().alias("view"),
        pl.col("Sex").replace_strict(SEXES, default=None, return_dtype=pl.String).alias("sex"),
        _age_years().cast(pl.Float32).alias("age_years"),
        *values,
        *not_annotated(labels.findings),
    )


def _note_strange_cells(problems: Problems, table: Path, rows: pl.DataFrame) -> None:
    vocabularies: Mapping[str, Mapping[str, str | None]] = {
        "Sex": SEXES,
        "Frontal/Lateral": SIDES,
        "AP/PA": VIEWS,
    }
    for column, values in vocabularies.items():
        cell = pl.col(column)
        strange = cell.is_not_null() & ~cell.is_in(list(values))
        sentence = f"unknown {column} {{{column}!r}}; known are {', '.join(values)}."
        note_rows(problems, table, rows, strange, sentence)
    frontal = pl.col("AP/PA").is_in(["AP", "PA"])
    contradicting = (pl.col("Frontal/Lateral") == "Lateral") & frontal
    note_rows(problems, table, rows, contradicting, "is Lateral and {AP/PA} at once.")
    possible = _age_years().is_between(0, MAX_AGE_YEARS).fill_null(value=False)
    impossible = pl.col("Age").is_not_null() & ~possible
    note_rows(problems, table, rows, impossible, "age {Age!r} is no age in years.")


def _view() -> pl.Expr:
    """Lateral wherever one of the columns or, without them, the file's name says so."""
    side = pl.col("Frontal/Lateral").replace_strict(SIDES, default=None, return_dtype=pl.String)
    lateral = (side == "LATERAL") | (
        pl.col("Frontal/Lateral").is_null() & pl.col("path").str.ends_with("_lateral.jpg")
    )
    view = pl.col("AP/PA").replace_strict(VIEWS, default=None, return_dtype=pl.String)
    return pl.when(lateral).then(pl.lit("LATERAL")).otherwise(view).fill_null("UNKNOWN")


def _age_years() -> pl.Expr:
    return pl.col("Age").cast(pl.Float64, strict=False)


def _with_split(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    if name == TRAIN_TABLE:
        return rows.with_columns(split=hash_split(rows["patient_id"].fill_null(""), VAL_TENTH))
    return rows.with_columns(split=pl.lit("test"))


def _notes(root: Path, test_table: str) -> tuple[str, ...]:
    note = f"{TRAIN_TABLE} is train and validation (a tenth of its patients); {test_table} is test."
    if test_table == TEST_TABLE and (root / VALID_TABLE).exists():
        return (note, f"{VALID_TABLE} was left out: {TEST_TABLE} is the test split.")
    return (note,)
