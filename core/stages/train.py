"""Training runs: from source images to the head that source validation chose."""

import traceback
from collections.abc import Sequence
from contextlib import ExitStack

from core.datasets.examples import check_source, select
from core.errors import ConfigError, CxrError, Interrupted
from core.lookup import lookup
from core.models.backbones import BACKBONES
from core.models.weights import load_backbone
from core.progress import Progress, silent
from core.records import RunRecord, RunStatus
from core.roles import Split
from core.specs import RunSpec
from core.store.data import Dataset, DataStore
from core.store.results import ResultStore
from core.training.device import reproducible
from core.training.distributed import ALONE, World, joined
from core.training.recipe import check_recipe
from core.training.recorded import failed, job_of, train_recorded
from core.training.represent import represent
from core.training.sharing import sharing_features


def check(spec: RunSpec, data: DataStore, results: ResultStore) -> None:
    """Refuse a run that cannot be trained, before any image is decoded for it.

    Raises:
        ConfigError: If the data set or a name is unknown, or the stages do not fit the loss.
        WeightsError: If the backbone's weights cannot be had.
        ProtocolError: If the source lacks a split.
    """
    row = lookup(BACKBONES, spec.backbone, "backbone")
    check_recipe(spec)
    source = data.dataset(spec.source)
    for split in Split:
        check_source(spec.source, select(source, split))
    if spec.run_id not in results.done():
        load_backbone(row, spec.weights, spec.image.size, spec.seed)


def run(
    spec: RunSpec, data: DataStore, results: ResultStore, progress: Progress = silent
) -> RunRecord:
    """Train one run to the end, or return it if it is done already.

    After a kill the same call goes on from the last checkpoint, to the same bits. Under `torchrun`
    every process calls it; the main one writes.

    Args:
        spec: The whole specification.
        data: Holds the source's manifest and decoded images.
        results: Where the run is kept.
        progress: Told as features are extracted, and backbone and heads are trained.

    Raises:
        ConfigError: If a name is unknown, or the source was indexed anew since the run was made.
        WeightsError: If the backbone's weights cannot be had.
        ProtocolError: If the source lacks a split or a finding with both classes.
        Interrupted: If a signal asked to stop; a checkpoint was written.
        CxrError: If another process is training the same run.
    """
    source = data.dataset(spec.source)
    with joined() as world:
        if not world.is_main:
            return _follow(spec, source, data, results, world)
        with results.locked(spec.run_id):
            if world.told(spec.run_id in results.done()):
                return _unchanged(results.record(spec.run_id), source)
            return train_recorded([spec], source, data, results, progress, world)[0]


def run_together(
    specs: Sequence[RunSpec], data: DataStore, results: ResultStore, progress: Progress = silent
) -> list[RunRecord]:
    """Train runs, those that share frozen features in one pass over them.

    Each run is recorded as if it were trained alone. A run that fails is recorded with its
    sentence, and the others go on.

    Returns:
        One record per specification, in their order; status `done` or `failed`.

    Raises:
        Interrupted: If a signal asked to stop; a checkpoint was written.
    """
    records: dict[str, RunRecord] = {}
    for group in sharing_features(specs):
        made = _attempt(group, data, results, progress)
        records |= {record.run_id: record for record in made}
    return [records[spec.run_id] for spec in specs]


def _run_group(
    specs: Sequence[RunSpec], data: DataStore, results: ResultStore, progress: Progress
) -> list[RunRecord]:
    if len(specs) == 1:
        return [run(specs[0], data, results, progress)]
    source = data.dataset(specs[0].source)
    done = [spec.run_id for spec in specs if spec.run_id in results.done()]
    missing = [spec for spec in specs if spec.run_id not in done]
    with ExitStack() as held:
        for spec in missing:
            held.enter_context(results.locked(spec.run_id))
        made = train_recorded(missing, source, data, results, progress, ALONE) if missing else []
    return [*made, *(_unchanged(results.record(run_id), source) for run_id in done)]


def _attempt(
    group: Sequence[RunSpec], data: DataStore, results: ResultStore, progress: Progress
) -> list[RunRecord]:
    try:
        return _run_group(group, data, results, progress)
    except Interrupted:
        raise
    except Exception as error:
        if len(group) == 1:
            return [_failed(group[0], error, results)]
    # One of them may be at fault; each alone shows which. The first error is gone here, and with
    # it the model and images that its frames held.
    return [record for spec in group for record in _attempt([spec], data, results, progress)]


def _failed(spec: RunSpec, error: Exception, results: ResultStore) -> RunRecord:
    if not isinstance(error, CxrError):
        told = "".join(traceback.format_exception(error))
        results.log(spec.run_id, {"event": "traceback", "traceback": told})
    return failed(RunRecord(spec=spec, status=RunStatus.RUNNING), error)


def _follow(
    spec: RunSpec, source: Dataset, data: DataStore, results: ResultStore, world: World
) -> RunRecord:
    """What a process does that does not write: its share of the main one's work."""
    if not world.told(True):
        with reproducible(spec.num_threads):
            represent(job_of(spec, None, source, data, results, silent, world))
        world.wait()
    return results.record(spec.run_id)


def _unchanged(record: RunRecord, source: Dataset) -> RunRecord:
    if record.hashes["manifest"] != source.hash:
        raise ConfigError(
            f"Run {record.run_id} was trained on an earlier index of {source.name!r}; "
            f"remove it first: cxr runs remove {record.run_id}."
        )
    return record
