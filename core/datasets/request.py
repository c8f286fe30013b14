"""What an adapter is asked for, and what it gives back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from core.progress import Progress, silent


@dataclass(frozen=True)
class IndexRequest:
    """What to index.

    Args:
        root: The data set's folder.
        tables_only: Read the tables without looking for images.
        labels: The label file, relative to the root.
        label_source: Which of MIMIC-CXR-JPG's labels: `cxrlt14`, `chexpert7` or `negbio7`.
        columns: A generic table's columns: our name → theirs.
        split: How a table without a split column is split: `test` or `by-patient`.
        progress: Told as files are checked.
    """

    root: Path
    tables_only: bool = False
    labels: str | None = None
    label_source: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    split: str = "test"
    progress: Progress = silent


@dataclass(frozen=True, eq=False)
class IndexedTables:
    """What an adapter read.

    Args:
        manifest: One row per image (`tables.MANIFEST`).
        boxes: One row per box (`tables.BOXES`).
        split_name: Which split the manifest holds.
        notes: Sentences about what was changed or left out on the way.
        labeller: How the labels came to be, where that depends on the request.
    """

    manifest: pl.DataFrame
    boxes: pl.DataFrame
    split_name: str
    notes: tuple[str, ...] = ()
    labeller: str | None = None
