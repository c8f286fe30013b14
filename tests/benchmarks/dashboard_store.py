"""A large made-up result store: the tables of a finished study, without a model behind them.

Values and replicates are drawn, not computed; rows, columns and sizes are those of `cxr eval`
with subgroups and weightings, so that a reader has as much to read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.findings import FINDINGS
from core.metrics.rows import MACRO, MICRO, WEIGHTED
from core.metrics.table import METRICS as KNOWN
from core.records import DatasetRecord, RunRecord, RunStatus, WeightsRecord
from core.specs import RunSpec
from core.store import DataStore, ResultStore
from core.store.thumbnails import ThumbnailStore, to_png
from core.tables import (
    BOXES,
    CURVES,
    HEATMAPS,
    MANIFEST,
    METRICS,
    PREDICTIONS,
    REPLICATES,
    THRESHOLDS,
    THUMBNAILS,
)
from tests.fixtures.phantom_images import radiograph
from tests.fixtures.records import dataset_record

HOME, AWAY = "large-home", "large-away"
NUM_RESAMPLES, NUM_HOME_IMAGES, GRID = 1000, 6000, 7
POLICIES = ("fixed-0.5", "source-val", "source-rate")
GROUPS = ("view=PA", "view=AP", "sex=F", "sex=M", *(f"age={a}" for a in ("18-39", "40-59", "60-")))
MATCHED = ("view", "sex", "age", "view+sex+age")
BACKBONES = ("resnet50", "efficientnet_b0", "vit_base_patch16_224", "efficientnet_lite0")
LOSSES = ("bce", "weighted_bce", "focal", "asymmetric")
MAPPED_RUNS = 10
"""At most; the maps are divided among so many runs."""


@dataclass(frozen=True)
class Size:
    """How large the store is: runs, images of the target, attention maps over all runs."""

    runs: int
    images: int
    maps: int


def build(folder: Path, size: Size) -> None:
    """Fill `folder`/data and `folder`/results."""
    data, results = DataStore(folder / "data"), ResultStore(folder / "results")
    rng = np.random.default_rng(0)
    for name, num_images in ((HOME, NUM_HOME_IMAGES), (AWAY, size.images)):
        data.write_dataset(_record(name), _manifest(name, num_images, rng), BOXES.empty())
    rows = pl.concat(_rows())
    noise = rng.normal(0, 0.01, (rows.height, NUM_RESAMPLES)).astype(np.float32)
    num_mapped = min(MAPPED_RUNS, size.runs)
    num_explained = size.maps // num_mapped // len(FINDINGS)
    _add_thumbnails(data, num_explained, rng)
    for number in range(size.runs):
        record = _run(number, data)
        results.write_record(record)
        _add_tables(results, record.run_id, rows, noise, rng)
        for name in (HOME, AWAY):
            scores = _scores(data.dataset(name).manifest, rng)
            results.write(record.run_id, PREDICTIONS, scores, name)
            if name == AWAY and number < num_mapped:
                maps = _maps(scores[:num_explained], rng)
                results.write(record.run_id, HEATMAPS, maps, name)


def _record(name: str) -> DatasetRecord:
    return dataset_record(name, synthetic=True)


def _manifest(name: str, num_images: int, rng: np.random.Generator) -> pl.DataFrame:
    prevalence = np.geomspace(0.01, 0.2, len(FINDINGS))
    labels = (rng.random((num_images, len(FINDINGS))) < prevalence).astype(np.int8)
    patients = [f"p{k:06d}" for k in np.sort(rng.integers(0, num_images // 3, num_images))]
    columns: dict[str, object] = {
        "image_id": [f"{k:08d}_000.png" for k in range(num_images)],
        "patient_id": patients,
        "study_id": patients,
        "path": [f"images/{k:08d}_000.png" for k in range(num_images)],
        "split": np.repeat(["train", "val", "test"], num_images // 3) if name == HOME else "test",
        "view": rng.choice(["PA", "AP"], num_images),
        "sex": rng.choice(["F", "M"], num_images),
        "age_years": rng.integers(20, 90, num_images).astype(np.float32),
    }
    findings = {str(finding): labels[:, k] for k, finding in enumerate(FINDINGS)}
    return pl.DataFrame(columns | findings).select(MANIFEST.schema.names()).cast(MANIFEST.schema)


def _rows() -> Iterator[pl.DataFrame]:
    """The keys of the metrics table, in the order in which an evaluation writes them."""
    yield from (_conditions(HOME, split, "all", "none") for split in ("val", "test"))
    yield from (_conditions(HOME, "test", group, "none") for group in GROUPS[:2])
    yield from (_conditions(AWAY, "test", group, "none") for group in ("all", *GROUPS))
    yield from (_conditions(AWAY, "test", "all", f"matched:{by}") for by in MATCHED)


def _conditions(dataset: str, split: str, subgroup: str, weighting: str) -> pl.DataFrame:
    keys = [
        (dataset, split, subgroup, weighting, name, metric.name, policy)
        for metric in KNOWN.values()
        for policy in (POLICIES if metric.needs_threshold else (None,))
        for name in (
            *map(str, FINDINGS),
            MACRO,
            *((WEIGHTED,) if metric.weighted else ()),
            *((MICRO,) if metric.micro else ()),
        )
    ]
    return pl.DataFrame(keys, dict.fromkeys(METRICS.key, pl.String), orient="row")


def _run(number: int, data: DataStore) -> RunRecord:
    seed, kind = divmod(number, len(BACKBONES) * len(LOSSES))
    loss, backbone = divmod(kind, len(BACKBONES))
    spec = RunSpec(source=HOME, backbone=BACKBONES[backbone], loss=LOSSES[loss], seed=seed)
    return RunRecord(
        spec=spec,
        status=RunStatus.DONE,
        weights=WeightsRecord(kind="imagenet", origin="made up", sha256="0" * 16),
        trained_findings=tuple(FINDINGS),
        datasets={name: data.dataset(name).record for name in (HOME, AWAY)},
    )


def _add_tables(
    results: ResultStore,
    run_id: str,
    rows: pl.DataFrame,
    noise: NDArray[np.float32],
    rng: np.random.Generator,
) -> None:
    value = rng.uniform(0.55, 0.85, rows.height)
    is_average = pl.col("finding").is_in([MACRO, MICRO, WEIGHTED])
    told = rows.with_columns(
        pl.when(is_average).then(pl.col("finding") + "@14").alias("label_set"),
        pl.Series("value", value),
        ci_low=pl.Series(value - 0.02),
        ci_high=pl.Series(value + 0.02),
        flag=pl.lit(None),
        target_use=pl.lit("none"),
        n=25_596,
        n_positive=1_500,
        n_patients=2_797,
        n_labels=pl.when(is_average).then(14).otherwise(1),
        n_resamples=NUM_RESAMPLES,
    )
    results.write(run_id, METRICS, told.select(METRICS.schema.names()).cast(METRICS.schema))
    drawn = np.roll(noise, rng.integers(len(noise)), axis=0) / 4 + value[:, None].astype("f4")
    replicates = rows.with_columns(values=pl.Series(drawn).arr.to_list())
    results.write(run_id, REPLICATES, replicates)
    thresholds = [
        {"finding": str(finding), "policy": policy, "value": 0.5, "n": 2000, "n_positive": 100}
        for finding in FINDINGS
        for policy in POLICIES
    ]
    results.write(run_id, THRESHOLDS, pl.DataFrame(thresholds, THRESHOLDS.schema))
    results.write(run_id, CURVES, _curves())


def _curves() -> pl.DataFrame:
    rows = [
        {"stage": "linear", "epoch": epoch, "learning_rate": rate, "weight_decay": 1e-4}
        | {"train_loss": 1 / epoch, "val_map": 0.2 + epoch / 100, "selected": epoch == 10}
        for rate in (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)
        for epoch in range(1, 11)
    ]
    return pl.DataFrame(rows, CURVES.schema)


def _scores(manifest: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    labels = manifest.select(FINDINGS).to_numpy()
    logits = rng.normal(-1.5, 1, labels.shape).astype(np.float32) + 1.2 * labels
    scores = pl.DataFrame(1 / (1 + np.exp(-logits)), list(map(str, FINDINGS)))
    return scores.insert_column(0, manifest["image_id"]).cast(PREDICTIONS.schema)


def _maps(scores: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    long = scores.unpivot(index="image_id", variable_name="finding", value_name="probability").sort(
        "image_id", maintain_order=True
    )
    values = rng.normal(0, 0.4, (long.height, GRID * GRID)).clip(-1, 1)
    return long.select(
        "image_id",
        "finding",
        method=pl.lit("gradcam"),
        height=GRID,
        width=GRID,
        scale=1.0,
        values=pl.Series(values).arr.to_list(),
        probability="probability",
    ).cast(HEATMAPS.schema)


def _add_thumbnails(data: DataStore, num_images: int, rng: np.random.Generator) -> None:
    """The explained images travel as thumbnails, as in a bundle."""
    centre = np.array([[0.5, 0.5]])
    pictures = [to_png(radiograph(224, centre, rng)) for _ in range(min(num_images, 8))]
    frame = pl.DataFrame(
        {
            "image_id": data.dataset(AWAY).manifest["image_id"][:num_images],
            "source_width": 1024,
            "source_height": 1024,
            "png": [pictures[k % len(pictures)] for k in range(num_images)],
        }
    ).cast(THUMBNAILS.schema)
    ThumbnailStore(data.folder(AWAY)).write(RunSpec(source=HOME, backbone="").image, frame, AWAY)
