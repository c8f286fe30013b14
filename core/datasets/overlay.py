"""Overlay tables: other people's labels and subgroups for the images of an indexed data set.

A CSV with a column `image_id`. A column named as a finding replaces that finding's labels where
its cells are 0 or 1; every other column is a subgroup, such as drains in pneumothorax.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from core.datasets.reading import ROW, note_duplicates, note_rows, read_csv
from core.datasets.subgroups import STRATA
from core.errors import DataError, Problems
from core.findings import FINDINGS, Finding, as_finding
from core.lookup import unknown
from core.tables import MANIFEST, OVERLAY

_KEY = "image_id"
_CELLS = {"0": "0", "1": "1", "0.0": "0", "1.0": "1"}
_TAKEN = frozenset({*MANIFEST.schema, *STRATA})
"""What a manifest holds of an image or divides images by."""


@dataclass(frozen=True, eq=False)
class Overlay:
    """A manifest with the labels of an overlay laid over its own, and the overlay's subgroups.

    Args:
        manifest: A copy of the manifest (`tables.MANIFEST`); labels that the overlay does not
            give stay as they were.
        subgroups: image_id and one String column per subgroup, a row for each of the manifest's
            images in its order, null where the overlay says nothing.
        relabelled: Findings that the overlay gives.
        num_images: Images of the manifest that the overlay says something of.
        num_changed: Labels per relabelled finding that differ from the manifest's own.
    """

    manifest: pl.DataFrame
    subgroups: pl.DataFrame
    relabelled: tuple[Finding, ...]
    num_images: int
    num_changed: dict[Finding, int]


def read_overlay(path: Path, manifest: pl.DataFrame, columns: Sequence[str] = ()) -> pl.DataFrame:
    """Read an overlay and check it against a manifest.

    Args:
        path: The CSV.
        manifest: Of the data set that the images belong to.
        columns: Which of its columns are taken; all of them unless given.

    Returns:
        One row per image and column that says something (`tables.OVERLAY`).

    Raises:
        DataError: If the file breaks its format, names images that the manifest lacks, or has
            no column beside image_id; names every row.
    """
    raw = read_csv(path, (_KEY,))
    problems = Problems()
    theirs = _chosen(problems, path, raw, columns)
    labels = _label_columns(problems, path, theirs)
    subgroups = [name for name in theirs if name not in labels.values()]
    for name in subgroups:
        if name in _TAKEN:
            problems.add(path, f"column {name!r} is the manifest's own; rename the subgroup.")
    note_rows(problems, path, raw, pl.col(_KEY).is_null(), f"{_KEY} is blank.")
    note_duplicates(problems, path, raw.drop_nulls(_KEY), _KEY)
    stranger = ~pl.col(_KEY).is_in(manifest[_KEY].implode())
    note_rows(problems, path, raw, stranger, "image {image_id!r} is not in the manifest.")
    for name in labels.values():
        strange = pl.col(name).is_not_null() & ~pl.col(name).is_in(list(_CELLS))
        sentence = f"column {name}: {{{name}!r}} is neither 0 nor 1; leave unknown cells blank."
        note_rows(problems, path, raw, strange, sentence)
    problems.raise_if_any()
    given = raw.select(
        _KEY,
        *subgroups,
        *(pl.col(name).replace_strict(_CELLS).alias(ours) for ours, name in labels.items()),
    )
    long = given.unpivot(index=_KEY, variable_name="column").drop_nulls("value")
    if long.is_empty():
        raise DataError(f"{path}: all cells beside {_KEY} are blank.")
    return long.match_to_schema(OVERLAY.schema)


def overlay_of(manifest: pl.DataFrame, table: pl.DataFrame) -> Overlay:
    """An overlay as it stands in the store (`tables.OVERLAY`), laid over a manifest."""
    names = table["column"].unique(maintain_order=True).to_list()
    relabelled = tuple(finding for finding in FINDINGS if finding in names)
    wide = manifest.select(_KEY)
    for name in names:
        of_column = table.filter(column=name).select(_KEY, pl.col("value").alias(name))
        wide = wide.join(of_column, on=_KEY, how="left", maintain_order="left")
    laid = manifest.with_columns(
        pl.coalesce(wide[finding].cast(pl.Int8), finding).alias(finding) for finding in relabelled
    )
    return Overlay(
        manifest=laid,
        subgroups=wide.drop(relabelled),
        relabelled=relabelled,
        num_images=manifest.filter(pl.col(_KEY).is_in(table[_KEY].implode())).height,
        num_changed={
            finding: int(laid[finding].ne_missing(manifest[finding]).sum())
            for finding in relabelled
        },
    )


def _chosen(problems: Problems, path: Path, raw: pl.DataFrame, columns: Sequence[str]) -> list[str]:
    theirs = [name for name in raw.columns if name not in (_KEY, ROW) and name.strip()]
    if not theirs:
        raise DataError(f"{path}: has no column beside {_KEY}; add findings or subgroups.")
    for name in columns:
        if name not in theirs:
            problems.add(path, unknown(name, theirs, "column"))
    return [name for name in theirs if name in columns] if columns else theirs


def _label_columns(problems: Problems, path: Path, theirs: Sequence[str]) -> dict[Finding, str]:
    columns: dict[Finding, str] = {}
    for name in theirs:
        finding = as_finding(name)
        if finding is None:
            continue
        if finding in columns:
            problems.add(path, f"columns {columns[finding]!r} and {name!r} both mean {finding}.")
        columns.setdefault(finding, name)
    return columns
