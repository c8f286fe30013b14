"""Overlays in the store: registered once, found again by every evaluation."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from core.datasets.overlay import Overlay, overlay_of, read_overlay
from core.errors import DataError, Problems
from core.lookup import lookup
from core.specs import Name, Spec, parse
from core.store.annotations import overlays, write_overlay
from core.store.data import Dataset, DataStore


class _OverlayName(Spec):
    """A name that is also a file."""

    name: Name


def register(
    store: DataStore, dataset: Dataset, name: str, path: Path, columns: Sequence[str] = ()
) -> Overlay:
    """Read an overlay, check it, and store it under a name; one of that name gives way.

    Args:
        store: Where to.
        dataset: Whose images it is about.
        name: What the overlay will be called.
        path: The CSV.
        columns: Which of its columns are taken; all of them unless given.

    Raises:
        ConfigError: If the name is none.
        DataError: If the file breaks its format, or gives a subgroup that another overlay of
            this data set gives.
    """
    parse(_OverlayName, {"name": name}, "overlay")
    table = read_overlay(path, dataset.manifest, columns)
    overlay = overlay_of(dataset.manifest, table)
    problems = Problems()
    others = {key: other for key, other in overlays(store, dataset.name).items() if key != name}
    for subgroup in overlay.subgroups.columns[1:]:
        for other, theirs in others.items():
            if subgroup in theirs["column"]:
                what = f"column {subgroup!r} is in overlay {other!r} already; rename one of them."
                problems.add(path, what)
    problems.raise_if_any()
    write_overlay(store, dataset, name, table)
    return overlay


def subgroup_columns(dataset: Dataset, store: DataStore) -> pl.DataFrame:
    """The subgroups of all of a data set's overlays.

    Returns:
        image_id and one String column per subgroup, a row for each of the manifest's images in
        its order; null where no overlay says anything.

    Raises:
        DataError: If an overlay is damaged, or was made for other images.
    """
    found = dataset.manifest.select("image_id")
    for name, table in overlays(store, dataset.name).items():
        overlay = overlay_of(dataset.manifest, table)
        if not overlay.num_images:
            raise DataError(
                f"Overlay {name!r} names none of the images of {dataset.name!r}; register it anew "
                f"with: cxr data overlay {dataset.name} --name {name} --file FILE."
            )
        found = found.hstack(overlay.subgroups.drop("image_id"))
    return found


def relabelled(dataset: Dataset, store: DataStore, name: str) -> Dataset:
    """A data set with the labels of one overlay laid over its own.

    Raises:
        ConfigError: If there is no overlay of that name.
        DataError: If the overlay is damaged.
    """
    table = lookup(overlays(store, dataset.name), name, "overlay")
    return replace(dataset, manifest=overlay_of(dataset.manifest, table).manifest)
