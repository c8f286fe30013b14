"""Where in the original image each stored map is highest."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from core.findings import FINDINGS
from core.imaging.geometry import Box, fit
from core.saliency.raster import RASTER, drawn, positive
from core.store.data import DataStore
from core.store.heatmaps import read_maps
from core.store.results import ResultStore
from core.tables import DEFAULT_METHOD

SCHEMA = pl.Schema(
    {
        "image_id": pl.String,
        "finding": pl.String,
        "probability": pl.Float32,
        "peak": pl.Float64,
        "x": pl.Float64,
        "y": pl.Float64,
    }
)
"""One row a map: x and y in pixels of the original image from its top left, null where the map
has no positive value; `peak` is the value there, in the map's own unit."""


def run(
    run_id: str,
    dataset_name: str,
    image_ids: Sequence[str],
    data: DataStore,
    results: ResultStore,
    method: str = DEFAULT_METHOD,
) -> pl.DataFrame:
    """The highest point of each stored map of some images (`SCHEMA`).

    Raises:
        ConfigError: If the run is not done or the data set is not indexed.
        DataError: If there are no maps of these images.
    """
    record, dataset = results.trained(run_id), data.dataset(dataset_name)
    image = record.spec.image
    findings = [finding for finding in FINDINGS if finding in record.trained_findings]
    stored = read_maps(results, run_id, dataset_name, method, image_ids, findings)
    index = data.images(dataset, image).index
    sizes = {
        name: (width, height)
        for name, width, height in index.select(
            "image_id", "source_width", "source_height"
        ).iter_rows()
    }
    rows: list[tuple[object, ...]] = []
    for number, image_id in enumerate(image_ids):
        width, height = sizes[image_id]
        geometry = fit(width, height, image)
        pictures = drawn(positive(np.nan_to_num(stored.maps[number])))
        for column in np.flatnonzero(stored.exists[number]):
            picture = pictures[column]
            peak = float(picture.max())
            down, across = np.unravel_index(int(picture.argmax()), picture.shape)
            at = geometry.to_original(
                Box((int(across) + 0.5) / RASTER, (int(down) + 0.5) / RASTER, 0.0, 0.0)
            )
            place = (at.x * width, at.y * height) if peak > 0 else (None, None)
            probability = float(stored.probabilities[number, column])
            rows.append((image_id, str(findings[column]), probability, peak, *place))
    return pl.DataFrame(rows, SCHEMA, orient="row")
