"""Runs that see the same features, trained and recorded at every turn."""

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import polars as pl
from safetensors.numpy import save

from core.errors import CxrError
from core.lookup import lookup
from core.losses.registry import LOSSES
from core.progress import Progress
from core.records import ForwardRecord, RunRecord, RunStatus
from core.specs import RunSpec
from core.store.atomic import replacing
from core.store.data import Dataset, DataStore
from core.store.parquet import file_hash
from core.store.provenance import git_commit, now, versions
from core.store.results import ResultStore
from core.tables import CURVES
from core.training.device import device_name, reproducible
from core.training.distributed import World
from core.training.features import frozen_backbone
from core.training.job import Job, Represented
from core.training.probe import HeadRequest, Selected, fit_each
from core.training.represent import chosen_forward, represent


def train_recorded(
    specs: Sequence[RunSpec],
    source: Dataset,
    data: DataStore,
    results: ResultStore,
    progress: Progress,
    world: World,
) -> list[RunRecord]:
    """Train runs that see the same features; each is recorded as if it were trained alone.

    Args:
        specs: The runs, none of them done, all of them held by this process.
        source: What they are trained on.
        data: Holds images and features.
        results: Where runs are kept.
        progress: Told as it goes on.
        world: The processes that share the work.

    Returns:
        Their records, in their order; `failed` where a head could not be fitted.

    Raises:
        CxrError: If that is so for all of them; the reason of the first.
    """
    forward = _earlier_forward(specs[0], results)
    records = [_begin(spec, source) for spec in specs]
    _write_all(records, results)
    try:
        with reproducible(specs[0].num_threads):
            job = job_of(specs[0], forward, source, data, results, progress, world)
            records = [_started(record, job) for record in records]
            _write_all(records, results)
            records = _train(records, job)
    except BaseException as error:
        _write_all([failed(record, error) for record in records], results)
        raise
    _write_all(records, results)
    job.checkpoint.remove()
    world.wait()
    return records


def _train(records: list[RunRecord], job: Job) -> list[RunRecord]:
    seconds: dict[str, float] = {}
    with _timed(seconds, "features"):
        represented = represent(job)
    seconds["features"] = round(seconds["features"] - represented.tuning_seconds, 3)
    if job.spec.tuning is not None:
        seconds["tuning"] = round(represented.tuning_seconds, 3)
    with _timed(seconds, "heads"):
        train = job.train_examples(represented.features)
        val = job.val_examples(represented.features)
        requests = [
            HeadRequest.of(lookup(LOSSES, record.spec.loss, "loss"), record.spec)
            for record in records
        ]
        outcomes = fit_each(train, val, requests, job.progress)
    failures = [outcome for outcome in outcomes if isinstance(outcome, CxrError)]
    if len(failures) == len(records):
        raise failures[0]
    seconds["heads"] = round(seconds["heads"] / len(records), 3)
    return [
        failed(record, outcome)
        if isinstance(outcome, CxrError)
        else _finish(record, job, represented, outcome, seconds)
        for record, outcome in zip(records, outcomes, strict=True)
    ]


def job_of(
    spec: RunSpec,
    forward: ForwardRecord | None,
    source: Dataset,
    data: DataStore,
    results: ResultStore,
    progress: Progress,
    world: World,
) -> Job:
    """What the parts of a run's training need, with its backbone loaded.

    Args:
        spec: The run.
        forward: How features are computed, where that is known; chosen by the main process else.
        source: What it is trained on.
        data: Holds images and features.
        results: Where runs are kept.
        progress: Told as it goes on.
        world: The processes that share the work.
    """
    backbone = frozen_backbone(spec)
    if world.is_main and forward is None:
        forward = chosen_forward(spec, backbone, source, data)
    forward = world.told(forward)
    assert forward is not None
    return Job(spec, backbone, forward, source, data, results, world, progress)


def _earlier_forward(spec: RunSpec, results: ResultStore) -> ForwardRecord | None:
    """How a run that was cut off computes its features: it goes on as it began."""
    return results.record(spec.run_id).forward if spec.run_id in results.run_ids() else None


def _begin(spec: RunSpec, source: Dataset) -> RunRecord:
    return RunRecord(
        spec=spec,
        status=RunStatus.RUNNING,
        hashes={"manifest": source.hash, "images": source.cache_key(spec.image)},
        versions=versions(),
        git_commit=git_commit(),
        datasets={source.name: source.record},
        created=now(),
    )


def _started(record: RunRecord, job: Job) -> RunRecord:
    name = device_name(job.device)
    return record.model_copy(
        update={
            "weights": job.backbone.weights,
            "forward": job.forward,
            "device": name if job.world.size == 1 else f"{job.world.size} × {name}",
        }
    )


def failed(record: RunRecord, error: BaseException) -> RunRecord:
    """The record of a run that an error ended."""
    reason = str(error) or type(error).__name__
    return record.model_copy(update={"status": RunStatus.FAILED, "error": reason})


def _write_all(records: Sequence[RunRecord], results: ResultStore) -> None:
    for record in records:
        results.write_record(record)
        results.log(record.run_id, {"event": str(record.status), "error": record.error})


def _finish(
    record: RunRecord,
    job: Job,
    represented: Represented,
    selected: Selected,
    seconds: dict[str, float],
) -> RunRecord:
    """Write the head and the curves; the record that says "done" comes last."""
    path = job.results.head_path(record.run_id)
    with replacing(path) as temporary:
        temporary.write_bytes(save({"weight": selected.head.weight, "bias": selected.head.bias}))
    tuned = pl.DataFrame(represented.curves, CURVES.schema)
    job.results.write(record.run_id, CURVES, pl.concat([tuned, selected.curves]))
    made = {"features": represented.key, "head": file_hash(path)} | represented.hashes
    return record.model_copy(
        update={
            "status": RunStatus.DONE,
            "hashes": record.hashes | made,
            "seconds": seconds,
            "selected": {
                "epoch": selected.epoch,
                "learning_rate": selected.learning_rate,
                "weight_decay": selected.weight_decay,
                "val_map": selected.val_map,
            },
            "trained_findings": selected.head.findings,
        }
    )


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Generator[None, None, None]:
    start = time.perf_counter()
    yield
    seconds[stage] = round(time.perf_counter() - start, 3)
