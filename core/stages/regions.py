"""Maps and regions to the table that says how much attention lies where no finding is."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import polars as pl

from core.datasets.examples import select
from core.errors import DataError
from core.findings import FINDINGS, Finding
from core.imaging.geometry import on_square
from core.metrics.bootstrap import PatientBootstrap
from core.metrics.ratio import defined
from core.records import RunRecord
from core.roles import Split
from core.saliency.intervals import mean_estimates, means
from core.saliency.localisation import energy_inside
from core.saliency.raster import COMMON_GRID, pooled_to, positive
from core.saliency.render import Frame
from core.store.data import Dataset, DataStore
from core.store.heatmaps import MapSet, read_maps
from core.store.renewal import renew
from core.store.results import ResultStore
from core.tables import DEFAULT_METHOD, REGIONS

NUM_RESAMPLES = 1000

Boxes = dict[tuple[str, str, str | None], list[Frame]]
"""Image, region and finding (None: all) to rectangles on the square."""


def run(
    run_id: str,
    dataset_name: str,
    regions: pl.DataFrame,
    data: DataStore,
    results: ResultStore,
    split: Split = Split.TEST,
    method: str = DEFAULT_METHOD,
    num_resamples: int = NUM_RESAMPLES,
) -> pl.DataFrame:
    """The share of positive energy of a run's stored maps inside regions, on both grids.

    Args:
        run_id: A trained run with maps of images that have regions.
        dataset_name: The data set that the images belong to.
        regions: Rectangles (`core.datasets.regions.REGION_BOXES`).
        data: Holds the geometry of the images.
        results: Where maps and the table lie.
        split: Of the images.
        method: Of the maps.
        num_resamples: Bootstrap replicates for the intervals, by patient.

    Returns:
        The new rows (`tables.REGIONS`); `uniform` is what a map without contrast would have.

    Raises:
        ConfigError: If the run is not done or the data set is not indexed.
        DataError: If no image of the split has a region, or maps are missing.
    """
    record, dataset = results.trained(run_id), data.dataset(dataset_name)
    image_ids = images_with_regions(dataset, regions, split)
    findings = [finding for finding in FINDINGS if finding in record.trained_findings]
    stored = read_maps(results, run_id, dataset_name, method, image_ids, findings)
    boxes = _on_square(dataset, data, record, regions.filter(_is_among(image_ids)))
    rows = [
        {"dataset": dataset_name, "split": str(split), "method": method} | row
        for row in _estimates(stored, boxes, dataset, num_resamples)
    ]
    if not rows:
        raise DataError(
            f"{dataset_name}: no map of run {run_id} belongs to a region; the regions lie outside "
            "the square that the run sees, or name findings that it was not trained on."
        )
    frame = pl.DataFrame(rows, REGIONS.schema)
    with results.locked(run_id):
        renew(results, run_id, REGIONS, frame, by=("dataset", "split", "method", "region"))
    return frame


def images_with_regions(dataset: Dataset, regions: pl.DataFrame, split: Split) -> tuple[str, ...]:
    """The images of a split that have a region.

    Raises:
        DataError: If there are none.
    """
    of_split = select(dataset, split).manifest
    found = of_split.filter(pl.col("image_id").is_in(regions["image_id"].implode()))
    if found.is_empty():
        raise DataError(f"{dataset.name}: no image of its {split} split has a region.")
    return tuple(found["image_id"])


def _is_among(image_ids: Sequence[str]) -> pl.Expr:
    return pl.col("image_id").is_in(list(image_ids))


def _on_square(
    dataset: Dataset, data: DataStore, record: RunRecord, regions: pl.DataFrame
) -> Boxes:
    """Rectangles on the square that the run sees; what is cropped away is left out."""
    image = record.spec.image
    boxes: Boxes = {}
    for row, box in on_square(regions, data.images(dataset, image).index, image):
        key = row["image_id"], row["region"], row["finding"]
        boxes.setdefault(key, []).append(Frame(*box))
    return boxes


def _estimates(
    stored: MapSet, boxes: Boxes, dataset: Dataset, num_resamples: int
) -> Iterator[dict[str, Any]]:
    patients = dict(dataset.manifest.select("image_id", "patient_id").iter_rows())
    seed = int(dataset.hash[:8], 16)
    for region in dict.fromkeys(region for _, region, _ in boxes):
        for column, finding in enumerate(stored.findings):
            places = _places(stored, boxes, region, finding, column)
            if not places:
                continue
            rows, frames = zip(*places, strict=True)
            patient_ids = np.array([patients[stored.image_ids[row]] for row in rows], np.str_)
            bootstrap = PatientBootstrap(patient_ids, seed, num_resamples)
            named = {"region": region, "finding": str(finding)}
            maps = positive(stored.maps[list(rows), column])
            for grid, on_grid in (("common", pooled_to(maps, COMMON_GRID)), ("native", maps)):
                share, area = energy_inside(on_grid, frames)
                (estimate,) = mean_estimates(share[:, None], bootstrap)
                (uniform,) = means(area[:, None])
                yield named | asdict(estimate) | {"grid": grid, "uniform": defined(float(uniform))}


def _places(
    stored: MapSet, boxes: Boxes, region: str, finding: Finding, column: int
) -> list[tuple[int, list[Frame]]]:
    """The rows of the maps that have the region, each with its rectangles."""
    found: list[tuple[int, list[Frame]]] = []
    for row, image_id in enumerate(map(str, stored.image_ids)):
        frames = [
            *boxes.get((image_id, region, None), []),
            *boxes.get((image_id, region, str(finding)), []),
        ]
        if frames and stored.exists[row, column]:
            found.append((row, frames))
    return found
