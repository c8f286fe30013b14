"""What an adapter is asked for, and what it gives back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from core.datasets.labels import Tier
from core.errors import ConfigError
from core.lookup import unknown
from core.progress import Progress, silent
from core.tables import COMPOSITES, QUARANTINE

_OPTIONS: Mapping[str, str] = {
    "labels": "--labels",
    "label_source": "--label-source",
    "columns": "--column",
    "lists": "--lists",
}


@dataclass(frozen=True)
class IndexRequest:
    """What to index.

    Args:
        root: The data set's folder.
        tables_only: Read the tables without looking for images.
        labels: The label file, relative to the root.
        label_source: Which of MIMIC-CXR-JPG's label files, a row of `mimic.LABEL_SOURCES`.
        columns: A generic table's columns: our name → theirs.
        split: How to split, one of the data set's `splits`; its first one unless given.
        lists: Folder with the user's own train_list.txt, val_list.txt and test_list.txt.
        tier: How far a label's meaning may be from the finding that it is read as.
        quarantine: Set images with damaged files aside, by name and reason, and go on.
        restricted: Whether it may not leave the machine; as the adapter says unless given.
        progress: Told as files are checked.
    """

    root: Path
    tables_only: bool = False
    labels: str | None = None
    label_source: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    split: str | None = None
    lists: Path | None = None
    tier: Tier = Tier.NARROWER
    quarantine: bool = False
    restricted: bool | None = None
    progress: Progress = silent


def chosen_split(
    request: IndexRequest, splits: Sequence[str], options: Collection[str] = ()
) -> str:
    """The split that was asked for, or the first of `splits`.

    Args:
        request: What the user asked for.
        splits: The ways in which this data set can be split.
        options: Fields of the request that this data set reads beside those that all do.

    Raises:
        ConfigError: If the split is another one, or an option was given that is never read.
    """
    for name, flag in _OPTIONS.items():
        if getattr(request, name) and name not in options:
            raise ConfigError(f"{flag} means nothing to this data set; leave it out.")
    split = request.split or splits[0]
    if split not in splits:
        raise ConfigError(unknown(split, splits, "split policy"))
    return split


@dataclass(frozen=True, eq=False)
class IndexedTables:
    """What an adapter read.

    Args:
        manifest: One row per image (`tables.MANIFEST`).
        boxes: One row per box (`tables.BOXES`).
        split_name: Which split the manifest holds.
        notes: Sentences about what was changed or left out on the way.
        labeller: How the labels came to be, where that depends on the request.
        quarantine: Images whose files are damaged, with the reason (`tables.QUARANTINE`).
        composites: Labels of the tier `composite`, where it was asked for (`tables.COMPOSITES`).
    """

    manifest: pl.DataFrame
    boxes: pl.DataFrame
    split_name: str
    notes: tuple[str, ...] = ()
    labeller: str | None = None
    quarantine: pl.DataFrame = field(default_factory=QUARANTINE.empty)
    composites: pl.DataFrame = field(default_factory=COMPOSITES.empty)
