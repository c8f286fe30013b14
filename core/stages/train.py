"""One training run: source features to the head that source validation chose."""

import time
from collections.abc import Generator
from contextlib import contextmanager

from safetensors.numpy import save

from core.datasets.examples import check_source, select, source_examples
from core.errors import ConfigError
from core.lookup import lookup
from core.losses.registry import LOSSES
from core.models.backbones import BACKBONES
from core.progress import Progress, silent
from core.records import RunRecord, RunStatus
from core.roles import Split
from core.specs import RunSpec
from core.store.atomic import replacing
from core.store.data import Dataset, DataStore
from core.store.parquet import file_hash
from core.store.provenance import git_commit, now, versions
from core.store.results import ResultStore
from core.tables import CURVES
from core.training.device import device_name, reproducible
from core.training.features import (
    FrozenBackbone,
    dataset_features,
    feature_key,
    frozen_backbone,
)
from core.training.probe import Selected, fit


def check(spec: RunSpec, data: DataStore, results: ResultStore) -> None:
    """Refuse a run that cannot be trained, before any image is decoded for it.

    Raises:
        ConfigError: If the data set or a name is unknown.
        WeightsError: If the backbone's weights cannot be had.
        ProtocolError: If the source lacks a split.
    """
    lookup(BACKBONES, spec.backbone, "backbone")
    lookup(LOSSES, spec.loss, "loss")
    source = data.dataset(spec.source)
    if spec.tune != "none":
        raise ConfigError(f"--tune {spec.tune} cannot be trained yet; use --tune none.")
    for split in Split:
        check_source(spec.source, select(source, split))
    if spec.run_id not in results.done():
        frozen_backbone(spec)


def run(
    spec: RunSpec, data: DataStore, results: ResultStore, progress: Progress = silent
) -> RunRecord:
    """Train one run to the end, or return it if it is done already.

    Args:
        spec: The whole specification.
        data: Holds the source's manifest and decoded images.
        results: Where the run is kept.
        progress: Told as features are extracted and heads are trained.

    Raises:
        ConfigError: If a name is unknown, or the source was indexed anew since the run was made.
        WeightsError: If the backbone's weights cannot be had.
        ProtocolError: If the source lacks a split or a finding with both classes.
        CxrError: If another process is training the same run.
    """
    source = data.dataset(spec.source)
    with results.locked(spec.run_id):
        if spec.run_id in results.done():
            return _unchanged(results.record(spec.run_id), source)
        record = _begin(spec, source)
        results.write_record(record)
        try:
            with reproducible(spec.num_threads):
                record = _train(record, data, source, results, progress)
        except BaseException as error:
            reason = str(error) or type(error).__name__
            results.write_record(
                record.model_copy(update={"status": RunStatus.FAILED, "error": reason})
            )
            raise
        results.write_record(record)
    return record


def _unchanged(record: RunRecord, source: Dataset) -> RunRecord:
    if record.hashes["manifest"] != source.hash:
        raise ConfigError(
            f"Run {record.run_id} was trained on an earlier index of {source.name!r}; "
            f"remove it first: cxr runs remove {record.run_id}."
        )
    return record


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


def _train(
    record: RunRecord,
    data: DataStore,
    source: Dataset,
    results: ResultStore,
    progress: Progress,
) -> RunRecord:
    spec = record.spec
    seconds: dict[str, float] = {}
    with _timed(seconds, "features"):
        backbone = frozen_backbone(spec)
        key = feature_key(spec, backbone.weights, source)
        features = dataset_features(data, source, spec.image, key, lambda: backbone.model, progress)
    with _timed(seconds, "heads"):
        train, val = select(source, Split.TRAIN), select(source, Split.VAL)
        selected = fit(
            source_examples(spec.source, train, features[train.rows], spec.labels),
            source_examples(spec.source, val, features[val.rows]),
            lookup(LOSSES, spec.loss, "loss"),
            spec,
            progress,
        )
    return _finish(record, results, backbone, selected, key, seconds)


def _finish(
    record: RunRecord,
    results: ResultStore,
    backbone: FrozenBackbone,
    selected: Selected,
    feature_key: str,
    seconds: dict[str, float],
) -> RunRecord:
    """Write the head and the curves; the record that says "done" comes last."""
    path = results.head_path(record.run_id)
    with replacing(path) as temporary:
        temporary.write_bytes(save({"weight": selected.head.weight, "bias": selected.head.bias}))
    hashes = record.hashes | {"features": feature_key, "head": file_hash(path)}
    results.write(record.run_id, CURVES, selected.curves)
    return record.model_copy(
        update={
            "status": RunStatus.DONE,
            "weights": backbone.weights,
            "hashes": hashes,
            "seconds": seconds,
            "selected": {
                "epoch": selected.epoch,
                "learning_rate": selected.learning_rate,
                "val_map": selected.val_map,
            },
            "trained_findings": selected.head.findings,
            "device": device_name(backbone.model.mean.device),
        }
    )


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Generator[None, None, None]:
    start = time.perf_counter()
    yield
    seconds[stage] = round(time.perf_counter() - start, 3)
