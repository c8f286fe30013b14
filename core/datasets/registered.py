"""Overlays in the store: registered once, found again by every evaluation."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from core.datasets.overlay import Overlay, overlay_of, read_overlay
from core.errors import DataError, Problems
from core.findings import FINDINGS
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


LABELS_FROM = "@"
"""`nih@relabels`: the images of one data set with the labels of one of its overlays."""


def labelled(store: DataStore, name: str) -> Dataset:
    """A data set by the name that results have for it, such as `nih` or `nih@relabels`.

    With an overlay's labels it has no others: what the overlay does not say is not annotated, so
    that a number never stands on two label sources.

    Raises:
        ConfigError: If there is no such data set or overlay.
        DataError: If a table is damaged, or the overlay gives no labels.
    """
    own, _, overlay = name.partition(LABELS_FROM)
    dataset = store.dataset(own)
    if not overlay:
        return dataset
    table = lookup(overlays(store, own), overlay, "overlay")
    nobody = dataset.manifest.with_columns(pl.lit(None, pl.Int8).alias(each) for each in FINDINGS)
    laid = overlay_of(nobody, table)
    if not laid.relabelled:
        raise DataError(
            f"Overlay {overlay!r} of {own!r} gives subgroups and no labels; a column of labels is "
            "named as a finding."
        )
    record = dataset.record.model_copy(update={"labeller": f"labels of overlay {overlay}"})
    return replace(dataset, record=record, manifest=laid.manifest)
