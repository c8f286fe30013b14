"""Maps and boxes to the table that says whether a run looks at the right place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.datasets.examples import select
from core.errors import DataError
from core.findings import FINDINGS, PRESENT, Finding
from core.imaging.geometry import on_square
from core.metrics.bootstrap import PatientBootstrap
from core.metrics.ratio import Values
from core.records import RunRecord
from core.roles import Split
from core.saliency.intervals import mean_estimates
from core.saliency.localisation import LOCALISATION_METRICS, cross_fitted, localise
from core.saliency.priors import BASELINES, Boxed
from core.saliency.raster import COMMON_GRID, Maps, pooled_to, positive
from core.saliency.render import Frame
from core.store.data import Dataset, DataStore
from core.store.heatmaps import read_maps
from core.store.renewal import renew
from core.store.results import ResultStore
from core.tables import DEFAULT_METHOD, LOCALISATION, POOLED, THRESHOLDS

POLICY = "source-val"
NUM_RESAMPLES = 1000


class Column(NamedTuple):
    """What one column of scores holds."""

    method: str
    grid: str
    metric: str


@dataclass(frozen=True, eq=False)
class Cases:
    """Images with the boxes of one finding each, and what the run says of them.

    Args:
        boxed: The boxes, on the square.
        maps: float32 [N, h, w], signed.
        gates: Gate to bool [N].
    """

    boxed: Boxed
    maps: NDArray[np.float32]
    gates: Mapping[str, NDArray[np.bool_]]


def run(
    run_id: str,
    dataset_name: str,
    data: DataStore,
    results: ResultStore,
    split: Split = Split.TEST,
    method: str = DEFAULT_METHOD,
    num_resamples: int = NUM_RESAMPLES,
) -> pl.DataFrame:
    """Score a run's stored maps against the boxes of a data set, beside maps without a model.

    Args:
        run_id: A trained run with maps of the images that have boxes.
        dataset_name: The data set with the boxes.
        data: Holds boxes and the geometry of the images.
        results: Where maps, thresholds and the table lie.
        split: Of the images.
        method: Of the maps.
        num_resamples: Bootstrap replicates for the intervals.

    Returns:
        The new rows (`tables.LOCALISATION`).

    Raises:
        ConfigError: If the run is not done or the data set is not indexed.
        DataError: If the data set has no boxes there, or maps are missing.
    """
    record, dataset = results.trained(run_id), data.dataset(dataset_name)
    cases = _cases(record, dataset, data, results, split, method)
    seed = int(dataset.hash[:8], 16)
    columns, scores = _scores(cases, method, seed)
    rows = [
        {"dataset": dataset_name, "split": str(split)} | row
        for row in _estimates(cases, columns, scores, seed, num_resamples)
    ]
    frame = pl.DataFrame(rows, LOCALISATION.schema)
    with results.locked(run_id):
        renew(results, run_id, LOCALISATION, frame, by=("dataset", "split", "method"))
    return frame


def boxed_images(dataset: Dataset, split: Split) -> tuple[str, ...]:
    """The images of a split that have boxes.

    Raises:
        DataError: If there are none.
    """
    chosen = select(dataset, split).manifest
    image_ids = chosen.filter(pl.col("image_id").is_in(dataset.boxes["image_id"].implode()))
    if image_ids.is_empty():
        raise DataError(
            f"{dataset.name} has no boxes on images of its {split} split; localisation needs some."
        )
    return tuple(image_ids["image_id"])


def _cases(
    record: RunRecord,
    dataset: Dataset,
    data: DataStore,
    results: ResultStore,
    split: Split,
    method: str,
) -> Cases:
    image_ids = boxed_images(dataset, split)
    findings = tuple(finding for finding in FINDINGS if finding in record.trained_findings)
    stored = read_maps(results, record.run_id, dataset.name, method, image_ids, findings)
    frames = _frames(dataset, data, record, image_ids)
    places = [
        (row, column)
        for row, image_id in enumerate(image_ids)
        for column, finding in enumerate(findings)
        if (image_id, finding) in frames and stored.exists[row, column]
    ]
    if not places:
        raise DataError(
            f"{dataset.name}: no map of run {record.run_id} belongs to a box; explain the images "
            f"that have boxes first: cxr localise {record.run_id} --dataset {dataset.name}."
        )
    rows, columns = np.array(places).T
    chosen = pl.DataFrame({"image_id": image_ids}).join(
        dataset.manifest, on="image_id", how="left", maintain_order="left"
    )
    named = np.array([str(findings[column]) for column in columns])
    boxed = Boxed(
        boxes=[frames[image_ids[row], findings[column]] for row, column in places],
        findings=named,
        patient_ids=chosen["patient_id"].to_numpy().astype(np.str_)[rows],
    )
    labels = chosen.select(findings).to_numpy()[rows, columns]
    probabilities = stored.probabilities[rows, columns]
    thresholds = _thresholds(results, record.run_id)
    above = probabilities >= np.array([thresholds.get(name, np.nan) for name in named])
    gates = {
        "all": np.ones(len(places), np.bool_),
        "above-threshold": above,
        "true-positives": above & (labels == PRESENT),
    }
    return Cases(boxed, stored.maps[rows, columns], gates)


def _frames(
    dataset: Dataset, data: DataStore, record: RunRecord, image_ids: Sequence[str]
) -> dict[tuple[str, Finding], list[Frame]]:
    """The boxes of each image and finding on the square; what is cropped away is left out."""
    image = record.spec.image
    boxes = dataset.boxes.filter(pl.col("image_id").is_in(list(image_ids)))
    frames: dict[tuple[str, Finding], list[Frame]] = {}
    for row, box in on_square(boxes, data.images(dataset, image).index, image):
        frames.setdefault((row["image_id"], Finding(row["finding"])), []).append(Frame(*box))
    return frames


def _thresholds(results: ResultStore, run_id: str) -> dict[str, float]:
    """Finding to threshold; empty where the run was never scored, so that nothing passes."""
    chosen = results.read(run_id, THRESHOLDS).filter(pl.col("policy") == POLICY)
    return dict(chosen.drop_nulls("value").select("finding", "value").iter_rows())


def _scores(cases: Cases, method: str, seed: int) -> tuple[list[Column], Values]:
    """Every metric of the run's maps and of the baselines, on both grids: float64 [N, K]."""
    native = positive(cases.maps)
    sides = {"common": COMMON_GRID, "native": native.shape[1]}
    columns: list[Column] = []
    scores: list[Values] = []
    for grid, side in sides.items():
        candidates: dict[str, Maps] = {method: pooled_to(native, side)}
        for name, baseline in BASELINES.items():
            candidates[name] = baseline.maps(cases.boxed, side)
        for name, maps in candidates.items():
            scored = localise(maps, cases.boxed.boxes)
            fitted = cross_fitted(scored.iou_at_levels, cases.boxed.patient_ids, seed)
            values = {**scored.values, "iou_cross_fitted": fitted}
            columns += [Column(name, grid, metric) for metric in LOCALISATION_METRICS]
            scores += [values[metric] for metric in LOCALISATION_METRICS]
    return columns, np.stack(scores, axis=1)


def _estimates(
    cases: Cases, columns: Sequence[Column], scores: Values, seed: int, num_resamples: int
) -> Iterator[dict[str, Any]]:
    present = set(cases.boxed.findings)
    for gate, passes in cases.gates.items():
        for finding in (POOLED, *(each for each in FINDINGS if each in present)):
            of_finding = passes & ((cases.boxed.findings == finding) | (finding == POOLED))
            bootstrap = PatientBootstrap(cases.boxed.patient_ids[of_finding], seed, num_resamples)
            estimates = mean_estimates(scores[of_finding], bootstrap)
            for column, estimate in zip(columns, estimates, strict=True):
                yield (
                    column._asdict()
                    | asdict(estimate)
                    | {
                        "is_baseline": column.method in BASELINES,
                        "gate": gate,
                        "finding": str(finding),
                        "target_use": _target_use(column),
                    }
                )


def _target_use(column: Column) -> str:
    """`boxes` where the boxes of the data set choose something, else `none`."""
    baseline = BASELINES.get(column.method)
    uses = {LOCALISATION_METRICS[column.metric].target_use, baseline and baseline.target_use}
    return "boxes" if "boxes" in uses else "none"
