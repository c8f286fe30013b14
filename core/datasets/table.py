"""Anyone's CSV: one row per image, columns mapped by name, findings it lacks not annotated."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from core.datasets.files import existing_folder, with_faults
from core.datasets.indexed import indexed
from core.datasets.patients import HASH_SPLITS, hash_split, note_shared_patients, note_two_sexes
from core.datasets.reading import ROW, note_duplicates, note_rows, read_csv
from core.datasets.request import IndexedTables, IndexRequest, chosen_split
from core.errors import ConfigError, DataError, Problems
from core.findings import FINDINGS, Finding, as_finding, misspelt_finding
from core.lookup import unknown
from core.tables import BOXES, MAX_AGE_YEARS

ALIASES: Mapping[str, tuple[str, ...]] = {
    "path": ("path", "image", "file", "filename", "image_path", "image_file"),
    "image_id": ("image_id", "id", "image_index", "dicom_id", "sop_instance_uid"),
    "patient_id": ("patient_id", "patient", "subject_id", "subject", "patientid"),
    "study_id": ("study_id", "study", "studyid", "accession"),
    "split": ("split", "fold", "subset"),
    "view": ("view", "view_position", "viewposition", "projection"),
    "sex": ("sex", "gender", "patient_sex", "patient_gender"),
    "age_years": ("age_years", "age", "patient_age"),
}
"""Our column → the names by which it is recognised, in any case, spaces as underscores."""

SPLIT_VALUES: Mapping[str, str] = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validate": "val",
    "validation": "val",
    "test": "test",
}
VIEW_VALUES: Mapping[str, str] = {
    "pa": "PA",
    "ap": "AP",
    "lateral": "LATERAL",
    "lat": "LATERAL",
    "l": "LATERAL",
    "ll": "LATERAL",
    "unknown": "UNKNOWN",
}
SEX_VALUES: Mapping[str, str] = {"f": "F", "female": "F", "m": "M", "male": "M"}
LABEL_VALUES: Mapping[str, int] = {
    cell: value for value in (1, 0, -1, -2) for cell in (str(value), f"{value}.0")
}
SPLITS = tuple(HASH_SPLITS)


def index(request: IndexRequest) -> IndexedTables:
    """Read the table and check all of it.

    A blank label cell is "not annotated"; −1 is uncertain and −2 not mentioned.

    Raises:
        ConfigError: If a column was mapped that does not exist, or to an unknown name.
        DataError: If anything is wrong; names every file, row and column.
    """
    split = chosen_split(request, SPLITS, options=("labels", "columns"))
    root = existing_folder(request.root)
    if not request.labels:
        raise ConfigError("A generic table needs its file: add --labels FILE.csv.")
    table = root / request.labels
    raw = read_csv(table, ())
    columns, ignored = _resolve(raw.columns, request.columns, table)
    overruled = columns.pop("split", None) if request.split else None
    rows = raw.select(ROW, *(pl.col(theirs).alias(ours) for ours, theirs in columns.items()))
    problems = Problems()
    rows = _complete(problems, table, rows, split)
    rows = _translated(problems, table, rows)
    manifest = with_faults(problems, table, root, rows, request).drop(ROW)
    note_shared_patients(problems, table, manifest.drop_nulls("patient_id"))
    note_two_sexes(problems, table, manifest)
    problems.raise_if_any()
    split_name = "its own" if "split" in columns else split
    notes = _notes(columns, ignored, manifest)
    if overruled:
        notes = (*notes, f"Column {overruled!r} was not used: --split {split} was asked for.")
    return indexed(root, manifest, BOXES.empty(), split_name, notes)


def _resolve(
    header: list[str], mapped: Mapping[str, str], table: Path
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Our columns → theirs, and the columns that mean nothing to us."""
    theirs = [name for name in header if name != ROW]
    for ours, name in mapped.items():
        if ours not in ALIASES and as_finding(ours) is None:
            raise ConfigError(unknown(ours, [*ALIASES, *FINDINGS], "column"))
        if name not in theirs:
            raise DataError(f"{table}: {unknown(name, theirs, 'column')}")
    columns = {str(as_finding(ours) or ours): name for ours, name in mapped.items()}
    problems = Problems()
    for name in theirs:
        ours = _meaning(name)
        if ours is None or name in columns.values():
            continue
        if ours in columns and ours not in mapped:
            problems.add(table, f"columns {columns[ours]!r} and {name!r} both mean {ours}.")
        columns.setdefault(ours, name)
    if "path" not in columns and "image_id" in columns:
        columns["path"] = columns["image_id"]
    for ours, hint in _REQUIRED.items():
        if ours not in columns:
            problems.add(table, f"no column for {ours}; {hint}")
    if not any(as_finding(ours) for ours in columns):
        problems.add(table, f"no column is one of the findings {', '.join(FINDINGS)}.")
    problems.found += _near_misses(table, theirs, columns)
    problems.raise_if_any()
    return columns, tuple(name for name in theirs if name not in columns.values())


_REQUIRED = {
    "path": "name it with --column path=THEIRS.",
    "patient_id": (
        "name it with --column patient_id=THEIRS (splits and intervals are by patient; if every "
        "image is of another patient, name the image column)."
    ),
}


def _meaning(name: str) -> str | None:
    finding = as_finding(name)
    if finding is not None:
        return finding
    folded = name.strip().casefold().replace(" ", "_")
    return next((ours for ours, names in ALIASES.items() if folded in names), None)


def _near_misses(table: Path, theirs: list[str], columns: Mapping[str, str]) -> list[str]:
    """A column that is nearly a finding is a typing error, not a column to ignore."""
    ignored = (name for name in theirs if name not in columns.values())
    return [
        f"{table}, column {name!r}: is nearly {finding}; name it so, or give it with "
        f"--column {finding}={name!r}, or rename it if it means something else."
        for name in ignored
        if (finding := misspelt_finding(name))
    ]


def _complete(problems: Problems, table: Path, rows: pl.DataFrame, split: str) -> pl.DataFrame:
    """Rows with every manifest column, still as strings."""
    for column in ("path", "patient_id"):
        note_rows(problems, table, rows, pl.col(column).is_null(), f"{column} is blank.")
    given = rows.columns
    if "image_id" not in given:
        rows = rows.with_columns(image_id=pl.col("path"))
    note_duplicates(problems, table, rows.drop_nulls("image_id"), "image_id")
    if "split" not in given:
        patients = rows["patient_id"].fill_null("")
        rows = rows.with_columns(split=hash_split(patients, HASH_SPLITS[split]))
    absent = {
        name: pl.lit(None, pl.String)
        for name in ("view", "sex", "age_years", *FINDINGS)
        if name not in given
    }
    return rows.with_columns(
        pl.coalesce(*(["study_id"] if "study_id" in given else []), "image_id").alias("study_id"),
        **absent,
    )


def _translated(problems: Problems, table: Path, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with the manifest's values and types; every cell that has none is a problem."""
    vocabularies: dict[str, Mapping[str, str]] = {
        "split": SPLIT_VALUES,
        "view": VIEW_VALUES,
        "sex": SEX_VALUES,
    }
    for column, values in vocabularies.items():
        folded = pl.col(column).str.to_lowercase()
        strange = folded.is_not_null() & ~folded.is_in(list(values))
        sentence = f"unknown {column} {{{column}!r}}; known are {', '.join(values)}."
        note_rows(problems, table, rows, strange, sentence)
        rows = rows.with_columns(folded.replace_strict(values, default=None).alias(column))
    note_rows(problems, table, rows, pl.col("split").is_null(), "split is blank or unknown.")
    years = pl.col("age_years").cast(pl.Float32, strict=False)
    impossible = pl.col("age_years").is_not_null() & ~years.is_between(0, MAX_AGE_YEARS).fill_null(
        value=False
    )
    note_rows(problems, table, rows, impossible, "age {age_years!r} is no age in years.")
    for finding in FINDINGS:
        _note_strange_labels(problems, table, rows, finding)
    labels = (
        pl.col(finding).replace_strict(LABEL_VALUES, default=None, return_dtype=pl.Int8)
        for finding in FINDINGS
    )
    return rows.with_columns(pl.col("view").fill_null("UNKNOWN"), years.alias("age_years"), *labels)


def _note_strange_labels(
    problems: Problems, table: Path, rows: pl.DataFrame, finding: Finding
) -> None:
    strange = pl.col(finding).is_not_null() & ~pl.col(finding).is_in(list(LABEL_VALUES))
    sentence = (
        f"column {finding}: {{{finding}!r}} is no label; use 1 present, 0 absent, -1 uncertain, "
        "-2 not mentioned, or leave it blank where it is not annotated."
    )
    note_rows(problems, table, rows, strange, sentence)


def _notes(
    columns: Mapping[str, str], ignored: tuple[str, ...], manifest: pl.DataFrame
) -> tuple[str, ...]:
    annotated = [finding for finding in FINDINGS if finding in columns]
    notes = [f"Annotated: {', '.join(annotated)}; the other findings count as not annotated."]
    if ignored:
        notes.append(f"Columns that were not used: {', '.join(ignored)}.")
    if "split" not in columns and set(manifest["split"]) == {"test"}:
        notes.append(
            "No split column is used: all images are test images, so this data set can be a "
            "target only (--split by-patient makes it fit for a source)."
        )
    return tuple(notes)
