"""Overlay tables: other people's labels and subgroups for the images of an indexed data set.

A CSV with a column `image_id`. A column named as a finding replaces that finding's labels where
its cells are 0 or 1; every other column is a subgroup, such as drains in pneumothorax.
"""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from core.datasets.reading import ROW, note_duplicates, note_rows, read_csv
from core.errors import DataError, Problems
from core.findings import FINDINGS, Finding, as_finding
from core.tables import MANIFEST

_KEY = "image_id"
_CELLS = {"0": 0, "1": 1, "0.0": 0, "1.0": 1}


@dataclass(frozen=True, eq=False)
class Overlay:
    """A manifest with the labels of an overlay laid over its own, and the overlay's subgroups.

    Args:
        manifest: A copy of the manifest (`tables.MANIFEST`); labels that the overlay does not
            give stay as they were.
        subgroups: image_id and one String column per subgroup, a row for each of the manifest's
            images in its order, null where the overlay says nothing.
        relabelled: Findings that the overlay gives.
        num_images: Images that the overlay names.
        num_changed: Labels per relabelled finding that differ from the manifest's own.
    """

    manifest: pl.DataFrame
    subgroups: pl.DataFrame
    relabelled: tuple[Finding, ...]
    num_images: int
    num_changed: dict[Finding, int]


def read_overlay(path: Path, manifest: pl.DataFrame) -> Overlay:
    """Read an overlay and check it against a manifest.

    Raises:
        DataError: If the file breaks its format, names images that the manifest lacks, or has
            no column beside image_id; names every row.
    """
    raw = read_csv(path, (_KEY,))
    problems = Problems()
    labels = _label_columns(problems, path, raw)
    subgroups = [name for name in raw.columns if name not in (_KEY, ROW, *labels.values())]
    if not labels and not subgroups:
        raise DataError(f"{path}: has no column beside {_KEY}; add findings or subgroups.")
    clashing = [name for name in subgroups if name in MANIFEST.schema]
    for name in clashing:
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
    return _laid_over(manifest, raw, labels, subgroups)


def _label_columns(problems: Problems, path: Path, raw: pl.DataFrame) -> dict[Finding, str]:
    columns: dict[Finding, str] = {}
    for name in raw.columns:
        finding = as_finding(name)
        if finding is None:
            continue
        if finding in columns:
            problems.add(path, f"columns {columns[finding]!r} and {name!r} both mean {finding}.")
        columns.setdefault(finding, name)
    return columns


def _laid_over(
    manifest: pl.DataFrame, raw: pl.DataFrame, labels: dict[Finding, str], subgroups: list[str]
) -> Overlay:
    given = raw.select(
        _KEY,
        *(
            pl.col(name).replace_strict(_CELLS, default=None, return_dtype=pl.Int8).alias(finding)
            for finding, name in labels.items()
        ),
    )
    suffix = ":given"
    joined = manifest.join(given, on=_KEY, how="left", suffix=suffix, maintain_order="left")
    laid = joined.with_columns(
        pl.coalesce(f"{finding}{suffix}", finding).alias(finding) for finding in labels
    ).select(manifest.columns)
    relabelled = tuple(finding for finding in FINDINGS if finding in labels)
    return Overlay(
        manifest=laid,
        subgroups=manifest.select(_KEY).join(
            raw.select(_KEY, *subgroups), on=_KEY, how="left", maintain_order="left"
        ),
        relabelled=relabelled,
        num_images=raw.height,
        num_changed={
            finding: int(laid[finding].ne_missing(manifest[finding]).sum())
            for finding in relabelled
        },
    )
