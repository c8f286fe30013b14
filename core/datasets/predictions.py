"""Predictions that others made: a CSV or parquet file, a row an image, a column a finding."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from core.datasets.image_names import images_meant
from core.datasets.reading import (
    HEADER_ROWS,
    ROW,
    check_row_column,
    note_duplicates,
    note_rows,
    read_csv,
)
from core.errors import DataError, Problems
from core.findings import FINDINGS, Finding, as_finding
from core.tables import PREDICTIONS

ID_COLUMNS = ("image_id", "image", "Image Index", "dicom_id", "id", "path", "Path")
"""Where image ids are looked for unless the user names a column, first match first."""

_ID = "own_id"
_IMAGE = "image_id"
_PARQUET_MARK = b"PAR1"


@dataclass(frozen=True, eq=False)
class ForeignPredictions:
    """A file of predictions, matched to the images of a data set.

    Args:
        frame: `tables.PREDICTIONS`, one row per matched image in the manifest's order; null for
            findings that the file has no column of.
        findings: What the file predicts.
        matched_by: `image id`, or `file name` where ids are paths or file names of images.
        strangers: The file's ids that are no image of the data set.
        without_prediction: Images of the data set that the file has no row of.
        unused_columns: Columns that are neither the id nor a finding.
    """

    frame: pl.DataFrame
    findings: tuple[Finding, ...]
    matched_by: str
    strangers: tuple[str, ...]
    without_prediction: tuple[str, ...]
    unused_columns: tuple[str, ...]


def read_predictions(
    path: Path, manifest: pl.DataFrame, id_column: str | None = None
) -> ForeignPredictions:
    """Read probabilities and match their ids with a manifest's images.

    Ids are compared as they are; where none of them is an image id, they are read as paths and
    file names (`images_meant`).

    Args:
        path: CSV (its text may be gzipped) or parquet.
        manifest: Of the data set that was predicted.
        id_column: The column of image ids; found by its name unless given.

    Raises:
        DataError: If ids or values break their format, values are no probabilities, or no id
            matches; names every row.
    """
    raw = _read(path)
    own_id = _id_column(path, raw, id_column)
    problems = Problems()
    columns = _finding_columns(problems, path, raw, own_id)
    note_rows(problems, path, raw, pl.col(own_id).is_null(), f"{own_id} is blank.")
    note_duplicates(problems, path, raw.drop_nulls(own_id), own_id)
    for name in columns.values():
        _note_cells(problems, path, raw, name)
    problems.raise_if_any()
    values = raw.select(
        pl.col(ROW),
        pl.col(own_id).alias(_ID),
        *(pl.col(name).cast(pl.Float32).alias(finding) for finding, name in columns.items()),
    )
    used = (ROW, own_id, *columns.values())
    unused = tuple(name for name in raw.columns if name not in used)
    return _matched(path, own_id, values, manifest, unused)


def _read(path: Path) -> pl.DataFrame:
    """All columns as text, with the number of each row."""
    if not path.is_file() or not _is_parquet(path):
        return read_csv(path, ())
    _try_reading(path)
    frame = pl.read_parquet(path)
    nested = [name for name, kind in frame.schema.items() if kind.is_nested()]
    if nested or frame.is_empty():
        what = f"column {', '.join(nested)} holds lists" if nested else "the table has no rows"
        raise DataError(f"{path}: {what}; give one column per finding and one row per image.")
    check_row_column(path, frame)
    return frame.select(pl.all().cast(pl.String)).with_row_index(ROW, offset=HEADER_ROWS)


def _try_reading(path: Path) -> None:
    """Read a stranger's parquet in a process of its own: a damaged one may end its reader."""
    code = "import sys, polars; polars.read_parquet(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, check=False)
    if done.returncode != 0:
        raise DataError(f"{path}: this parquet file cannot be read; write it anew, or as CSV.")


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_PARQUET_MARK)) == _PARQUET_MARK


def _id_column(path: Path, raw: pl.DataFrame, wanted: str | None) -> str:
    names = [name for name in raw.columns if name != ROW]
    found = [name for name in ((wanted,) if wanted else ID_COLUMNS) if name in names]
    if not found:
        missing = f"column {wanted!r} is missing" if wanted else "no column of image ids was found"
        raise DataError(f"{path}: {missing}; name one of {', '.join(names)} with --id-column.")
    return found[0]


def _finding_columns(
    problems: Problems, path: Path, raw: pl.DataFrame, own_id: str
) -> dict[Finding, str]:
    columns: dict[Finding, str] = {}
    for name in raw.columns:
        finding = as_finding(name)
        if finding is None or name == own_id:
            continue
        if finding in columns:
            problems.add(path, f"columns {columns[finding]!r} and {name!r} both mean {finding}.")
        columns.setdefault(finding, name)
    if not columns:
        problems.add(path, f"has no column named as a finding ({', '.join(FINDINGS)}).")
    return {finding: columns[finding] for finding in FINDINGS if finding in columns}


def _note_cells(problems: Problems, path: Path, raw: pl.DataFrame, name: str) -> None:
    """Blank cells, text, and values that are no probabilities; the last once for a column."""
    value = pl.col(name).cast(pl.Float64, strict=False)
    note_rows(problems, path, raw, pl.col(name).is_null(), f"column {name} is blank.")
    is_text = pl.col(name).is_not_null() & ~value.is_finite().fill_null(value=False)
    note_rows(problems, path, raw, is_text, f"column {name}: {{{name}!r}} is no number.")
    outside = raw.filter(value.is_finite() & ~value.is_between(0, 1))
    if outside.height:
        first = outside.row(0, named=True)
        problems.add(
            f"{path}, row {first[ROW]}",
            f"column {name}: {first[name]} is no probability, nor are {outside.height - 1} more "
            "rows; logits and scores must be turned into probabilities first (the sigmoid).",
        )


def _matched(
    path: Path, own_id: str, values: pl.DataFrame, manifest: pl.DataFrame, unused: tuple[str, ...]
) -> ForeignPredictions:
    images = manifest.select(_IMAGE)
    exact = values[_ID].is_in(images[_IMAGE].implode()).any()
    meant = values[_ID] if exact else _meant(values[_ID], images[_IMAGE])
    values = values.with_columns(meant.alias(_IMAGE))
    _check_one_row_an_image(path, own_id, values)
    joined = images.join(values, on=_IMAGE, how="inner", maintain_order="left")
    if joined.is_empty():
        raise DataError(
            f"{path}: none of its {values.height:,} ids is an image of this data set (first: "
            f"{values[_ID][0]!r}; an image: {manifest['image_id'][0]!r}); see --id-column."
        )
    columns = (
        pl.col(finding) if finding in joined.columns else pl.lit(None, pl.Float32).alias(finding)
        for finding in FINDINGS
    )
    return ForeignPredictions(
        frame=joined.select("image_id", *columns).match_to_schema(PREDICTIONS.schema),
        findings=tuple(finding for finding in FINDINGS if finding in values.columns),
        matched_by="image id" if exact else "file name",
        strangers=tuple(_left(values[_ID], joined[_ID])),
        without_prediction=tuple(_left(manifest["image_id"], joined["image_id"])),
        unused_columns=unused,
    )


def _meant(names: pl.Series, image_ids: pl.Series) -> pl.Series:
    return pl.Series(images_meant(names.to_list(), image_ids.to_list()), dtype=pl.String)


def _check_one_row_an_image(path: Path, own_id: str, values: pl.DataFrame) -> None:
    problems = Problems()
    meant = values.drop_nulls(_IMAGE)
    shared = meant.group_by(_IMAGE, maintain_order=True).agg(ROW, _ID)
    for image, rows, names in shared.filter(pl.col(ROW).list.len() > 1).iter_rows():
        where = f"{path}, rows {', '.join(map(str, rows))}"
        told = ", ".join(map(repr, names))
        problems.add(where, f"{own_id} {told} are one image, {image!r}; leave one row of it.")
    problems.raise_if_any()


def _left(all_ids: pl.Series, used: pl.Series) -> Iterator[str]:
    return iter(all_ids.filter(~all_ids.is_in(used.implode())).to_list())
