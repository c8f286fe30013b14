"""Radiographs and attention maps by name; a name that the stores do not list has none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.imaging.geometry import on_square
from core.saliency.render import Frame
from core.specs import ImageSpec
from core.store.thumbnails import from_png
from core.tables import HEATMAPS
from dashboard.queries.reading import dataset, images, run_record, run_table, thumbnails
from dashboard.stores import Stores

METHOD = "gradcam"
"""The attention method that is shown."""


@dataclass(frozen=True, eq=False)
class NativeMap:
    """One stored attention map.

    Args:
        values: float32 [h, w], signed, unnormalised.
        size: Side of the square that the model saw, in pixels.
    """

    values: NDArray[np.float32]
    size: int


def is_hidden(stores: Stores, name: str, run_ids: Sequence[str] = ()) -> bool:
    """Whether pictures of a data set, or of runs trained on credentialed data, stay hidden.

    Raises:
        CxrError: If the data set or a run cannot be read.
    """
    if stores.allow_restricted:
        return False
    runs = [run_record(stores, run_id) for run_id in run_ids]
    records = [run.datasets[name] for run in runs if name in run.datasets]
    if name in stores.data.names():
        records.append(dataset(stores, name).record)
    return any(run.restricted for run in runs) or any(each.restricted for each in records)


def radiograph(stores: Stores, name: str, run_id: str, image_id: str) -> NDArray[np.uint8] | None:
    """The square of an image that a run sees, uint8 [S, S]; None where there is none.

    Raises:
        CxrError: If a file is damaged.
    """
    if name not in stores.data.names() or run_id not in stores.results.run_ids():
        return None
    image = run_record(stores, run_id).spec.image
    cached = images(stores, name, image)
    if cached is None:
        found = thumbnails(stores, name, image).filter(pl.col("image_id") == image_id)["png"]
        return from_png(found[0]) if len(found) else None
    rows = cached.index.filter(pl.col("image_id") == image_id)["row"]
    return cached.pixels[rows[0]] if len(rows) else None


def native_map(
    stores: Stores, name: str, run_id: str, finding: str, image_id: str
) -> NativeMap | None:
    """The map of a finding on an image; None where there is none.

    Raises:
        CxrError: If a file is damaged.
    """
    if run_id not in stores.results.run_ids() or name not in mapped_datasets(stores, run_id):
        return None
    rows = maps(stores, run_id, name).filter(
        pl.col("image_id") == image_id, pl.col("finding") == finding
    )
    if rows.is_empty():
        return None
    size = run_record(stores, run_id).spec.image.size
    return NativeMap(_values(rows.row(0, named=True)), size)


def native_maps(
    stores: Stores, name: str, run_id: str, finding: str, image_ids: Sequence[str]
) -> dict[str, NDArray[np.float32]]:
    """The maps of a finding by image, float32 [h, w], signed; images without one are left out.

    Raises:
        DataError: If the file is damaged.
    """
    rows = run_table(stores, run_id, HEATMAPS, name).filter(
        pl.col("image_id").is_in(list(image_ids)),
        pl.col("finding") == finding,
        pl.col("method") == METHOD,
    )
    return {row["image_id"]: _values(row) for row in rows.iter_rows(named=True)}


def _values(row: Mapping[str, Any]) -> NDArray[np.float32]:
    values = np.asarray(row["values"], np.float32) * row["scale"]
    return values.reshape(row["height"], row["width"])


def maps(stores: Stores, run_id: str, name: str) -> pl.DataFrame:
    """All maps of a run on a data set.

    Raises:
        DataError: If the file is damaged.
    """
    return run_table(stores, run_id, HEATMAPS, name).filter(pl.col("method") == METHOD)


def mapped_datasets(stores: Stores, run_id: str) -> tuple[str, ...]:
    """The data sets that a run has maps for."""
    return stores.results.datasets_with(run_id, HEATMAPS)


def peak(stores: Stores, run_id: str, name: str) -> float:
    """The highest value of any of a run's maps on a data set; 0 where nothing is positive.

    Raises:
        DataError: If the file is damaged.
    """
    highest = maps(stores, run_id, name).select(
        (pl.col("values").list.max().cast(pl.Float32) * pl.col("scale")).max()
    )
    return max(float(highest.item() or 0.0), 0.0)


@dataclass(frozen=True)
class Outline:
    """A box on the square that the model sees."""

    finding: str
    frame: Frame


def outlines(
    stores: Stores, name: str, image: ImageSpec, image_id: str, findings: Sequence[str]
) -> tuple[Outline, ...]:
    """The boxes of some findings, on the square; what was cropped away is left out.

    Raises:
        CxrError: If a file is damaged.
    """
    cached = images(stores, name, image)
    known = cached.index if cached else thumbnails(stores, name, image)
    boxes = dataset(stores, name).boxes.filter(
        pl.col("image_id") == image_id, pl.col("finding").is_in(list(findings))
    )
    placed = on_square(boxes, known.filter(pl.col("image_id") == image_id), image)
    return tuple(Outline(row["finding"], Frame(*box)) for row, box in placed)
