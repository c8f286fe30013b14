"""Attention maps as rows of their table, and as arrays.

Shapes: N images, F findings, h × w the native grid.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.errors import DataError
from core.findings import Finding
from core.store.results import ResultStore
from core.tables import HEATMAPS


@dataclass(frozen=True, eq=False)
class MapSet:
    """The maps of some images and findings.

    Args:
        image_ids: str [N].
        findings: F names.
        maps: float32 [N, F, h, w], signed and unnormalised; NaN where there is no map.
        probabilities: float32 [N, F]; NaN where there is no map.
    """

    image_ids: NDArray[np.str_]
    findings: tuple[Finding, ...]
    maps: NDArray[np.float32]
    probabilities: NDArray[np.float32]

    @property
    def exists(self) -> NDArray[np.bool_]:
        """Bool [N, F]."""
        return ~np.isnan(self.probabilities)


def as_rows(found: MapSet, method: str) -> pl.DataFrame:
    """Maps as rows; float16 values times `scale`, so that none under- or overflows."""
    num_images, num_findings, height, width = found.maps.shape
    flat = found.maps.reshape(-1, height * width)
    scale = np.abs(flat).max(1)
    values = flat / np.where(scale > 0, scale, 1)[:, None]
    return pl.DataFrame(
        {
            "image_id": np.repeat(found.image_ids, num_findings),
            "finding": [str(finding) for finding in found.findings] * num_images,
            "method": method,
            "height": height,
            "width": width,
            "scale": scale,
            "values": values.astype(np.float16),
            "probability": found.probabilities.reshape(-1),
        }
    ).cast(HEATMAPS.schema)


def read_maps(
    results: ResultStore,
    run_id: str,
    dataset: str,
    method: str,
    image_ids: Sequence[str],
    findings: Sequence[Finding],
) -> MapSet:
    """The stored maps of some images and findings, in that order.

    Raises:
        DataError: If the file is missing or damaged, or holds none of them.
    """
    path = results.path(run_id, HEATMAPS, dataset)
    wanted = results.read(run_id, HEATMAPS, dataset).filter(
        pl.col("method") == method,
        pl.col("image_id").is_in(list(image_ids)),
        pl.col("finding").is_in([str(finding) for finding in findings]),
    )
    if wanted.is_empty():
        raise DataError(
            f"{path}: holds no {method} map of these images; make them first: "
            f"cxr explain {run_id} --dataset {dataset} --method {method}."
        )
    height, width = wanted.row(0, named=True)["height"], wanted.row(0, named=True)["width"]
    shape = (len(image_ids), len(findings))
    maps = np.full((*shape, height, width), np.nan, np.float32)
    probabilities = np.full(shape, np.nan, np.float32)
    rows = _places(wanted["image_id"], image_ids)
    columns = _places(wanted["finding"], [str(finding) for finding in findings])
    maps[rows, columns] = _values(wanted).reshape(-1, height, width)
    probabilities[rows, columns] = wanted["probability"].to_numpy()
    return MapSet(np.array(image_ids, np.str_), tuple(findings), maps, probabilities)


def _values(rows: pl.DataFrame) -> NDArray[np.float32]:
    values = rows["values"].explode().cast(pl.Float32).to_numpy().reshape(rows.height, -1)
    return values * rows["scale"].to_numpy()[:, None]


def _places(names: pl.Series, order: Sequence[str]) -> NDArray[np.int64]:
    place = {name: number for number, name in enumerate(order)}
    return np.array([place[name] for name in names], np.int64)
