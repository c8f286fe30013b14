"""Predictions and labels to thresholds, metrics with intervals, and their replicates."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.datasets.examples import Selection, select, source_examples, target_examples
from core.errors import DataError
from core.findings import FINDINGS
from core.metrics.evaluate import evaluate
from core.metrics.rows import MetricValue
from core.metrics.rules import Threshold
from core.metrics.thresholds import POLICIES, choose_thresholds
from core.protocol import audit_target, contaminated
from core.records import DatasetRecord, RunRecord
from core.roles import Examples, SourceVal, Split, require_role
from core.store.data import Dataset, DataStore
from core.store.results import ResultStore
from core.tables import METRICS, PREDICTIONS, REPLICATES, THRESHOLDS

POLICIES_REPORTED = ("fixed-0.5", "source-val")
NUM_RESAMPLES = 1000
Thresholds = Mapping[str, Sequence[Threshold]]


def run(
    run_id: str,
    target_name: str,
    data: DataStore,
    results: ResultStore,
    num_resamples: int = NUM_RESAMPLES,
) -> pl.DataFrame:
    """Score a run on its source's validation and test splits and on a target's test split.

    Args:
        run_id: A trained run with predictions for both data sets.
        target_name: The hospital that training never saw.
        data: Holds manifests and image hashes.
        results: Where thresholds, metrics and replicates go.
        num_resamples: Bootstrap replicates for the intervals.

    Returns:
        The run's whole metrics table.

    Raises:
        ConfigError: If the run is not done or a data set is not indexed.
        ProtocolError: If the target is the source or shares images with it.
        DataError: If predictions are missing or do not fit the manifest.
    """
    record = results.trained(run_id)
    image = record.spec.image
    source, target = data.dataset(record.spec.source), data.dataset(target_name)
    audit_target(source, target, data.images(source, image), data.images(target, image))
    name = record.spec.source
    scores = {each.name: _scores(results, run_id, each) for each in (source, target)}

    def of_source(split: Split) -> Examples:
        selection = select(source, split)
        return source_examples(name, selection, _of(scores, selection))

    val = require_role(of_source(Split.VAL), SourceVal, "The choice of thresholds")
    thresholds = {policy: choose_thresholds(policy, source_val=val) for policy in POLICIES_REPORTED}
    chosen = select(target, Split.TEST)
    scored: list[tuple[Dataset, list[Examples]]] = [
        (source, [val, of_source(Split.TEST)]),
        (target, [target_examples(name, chosen, _of(scores, chosen))]),
    ]
    with results.locked(run_id):
        results.write_record(_with_target(record, target.record))
        results.write(run_id, THRESHOLDS, _threshold_frame(thresholds))
        for dataset, examples in scored:
            _write_metrics(results, run_id, dataset, examples, thresholds, val, num_resamples)
    return results.read(run_id, METRICS)


def _with_target(record: RunRecord, target: DatasetRecord) -> RunRecord:
    """The run's record with what is known of a target, and of its images in the weights."""
    assert record.weights is not None
    sentence = contaminated(record.weights.origin, target.adapter)
    known = {target.name: sentence} if sentence and not target.synthetic else {}
    others = {name: each for name, each in record.contaminated.items() if name != target.name}
    return record.model_copy(
        update={
            "datasets": record.datasets | {target.name: target},
            "contaminated": others | known,
        }
    )


def _scores(results: ResultStore, run_id: str, dataset: Dataset) -> NDArray[np.float32]:
    """float32 [N, 14] in the manifest's order; NaN where the run does not predict."""
    frame = results.read(run_id, PREDICTIONS, dataset.name)
    if not frame["image_id"].equals(dataset.manifest["image_id"]):
        path = results.path(run_id, PREDICTIONS, dataset.name)
        raise DataError(f"{path}: not one row per image of the manifest; predict anew.")
    return frame.select(pl.col(FINDINGS).fill_null(float("nan"))).to_numpy()


def _of(scores: Mapping[str, NDArray[np.float32]], selection: Selection) -> NDArray[np.float32]:
    return scores[selection.dataset.name][selection.rows]


def _write_metrics(
    results: ResultStore,
    run_id: str,
    dataset: Dataset,
    scored: Sequence[Examples],
    thresholds: Thresholds,
    source_val: SourceVal,
    num_resamples: int,
) -> None:
    seed = int(dataset.hash[:8], 16)  # from the manifest, so that all runs share replicates
    keyed = [
        ({"dataset": dataset.name, "split": str(examples.split), "subgroup": "all"}, row)
        for examples in scored
        for row in evaluate(
            examples.values,
            examples.labels,
            examples.patient_ids,
            thresholds,
            num_resamples,
            seed,
            # Scored on itself, validation keeps its thresholds: both draws would not be paired.
            source_val=None if examples is source_val else source_val,
        )
    ]
    metrics = pl.DataFrame([key | _metric_row(row) for key, row in keyed], METRICS.schema)
    replicates = pl.DataFrame([key | _replicate_row(row) for key, row in keyed], REPLICATES.schema)
    results.replace_dataset(run_id, METRICS, metrics, dataset.name)
    results.replace_dataset(run_id, REPLICATES, replicates, dataset.name)


def _metric_row(row: MetricValue) -> dict[str, Any]:
    fields = {name: value for name, value in vars(row).items() if name in METRICS.schema}
    target_use = POLICIES[row.policy].target_use if row.policy else "none"
    return fields | {"target_use": target_use}


def _replicate_row(row: MetricValue) -> dict[str, Any]:
    key = {"finding": row.finding, "metric": row.metric, "policy": row.policy}
    return key | {"values": row.replicates.tolist()}


def _threshold_frame(thresholds: Thresholds) -> pl.DataFrame:
    rows = [
        {"finding": str(finding), "policy": policy} | vars(threshold)
        for policy, chosen in thresholds.items()
        for finding, threshold in zip(FINDINGS, chosen, strict=True)
    ]
    return pl.DataFrame(rows, THRESHOLDS.schema)
