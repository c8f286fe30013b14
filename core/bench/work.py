"""Doing what is missing of a grid: train, predict, evaluate, explain, a job at a time.

A job's cells are held while it works on them, so that several processes share a grid and never
work on one cell at once. A cell that another process holds is left for later.
"""

import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from core.bench.plan import Cell, Indexed, Request, Step, mark, plan
from core.bench.references import add_references
from core.datasets.examples import check_source, select
from core.errors import BusyError, CxrError, Interrupted
from core.progress import Progress, silent
from core.protocol import audit_target
from core.records import RunRecord, RunStatus
from core.roles import Split
from core.specs import RunSpec
from core.stages import cache, evaluate, explain, predict, train
from core.store import DataStore, ResultStore
from core.store.provenance import git_commit, now, versions
from core.training.sharing import sharing_features

POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Stores:
    """Where data are read and results are kept."""

    data: DataStore
    results: ResultStore


@dataclass(frozen=True)
class Work:
    """A grid and what is wanted of it.

    Args:
        specs: Its cells.
        request: What is wanted of each.
        datasets: The source and the targets by name, as they are indexed.
        stores: Where.
    """

    specs: tuple[RunSpec, ...]
    request: Request
    datasets: Mapping[str, Indexed]
    stores: Stores

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells as they stand."""
        return plan(self.specs, self.request, self.datasets, self.stores.results)


def assemble(specs: Sequence[RunSpec], request: Request, stores: Stores) -> Work:
    """The work on a grid.

    Raises:
        ConfigError: If a data set is not indexed.
    """
    found = [stores.data.dataset(name) for name in request.datasets]
    datasets = {each.name: Indexed(each.hash, each.manifest.height) for each in found}
    return Work(tuple(specs), request, datasets, stores)


def prepare(work: Work, progress: Progress = silent) -> None:
    """Decode the images that a grid needs, refuse data that no cell may use, score references.

    Raises:
        ConfigError: If a data set is not indexed.
        DataError: If images cannot be decoded.
        ProtocolError: If the source lacks a split, or shares images with a target.
    """
    data, request = work.stores.data, work.request
    datasets = {name: data.dataset(name) for name in request.datasets}
    source = datasets[request.source]
    for split in Split:
        check_source(request.source, select(source, split))
    for image in dict.fromkeys(spec.image for spec in work.specs):
        images = {name: cache.run(data, name, image, progress) for name in datasets}
        for name in request.targets:
            audit_target(source, datasets[name], images[request.source], images[name])
    for name in request.targets:
        add_references(request.source, name, data, work.stores.results, request.num_resamples)


def announce(work: Work) -> None:
    """Give every cell that has none a record, so that the grid can be seen before it is done."""
    results = work.stores.results
    for spec in work.specs:
        if spec.run_id in results.run_ids():
            continue
        try:
            with results.locked(spec.run_id):
                if spec.run_id not in results.run_ids():
                    results.write_record(_new(spec, RunStatus.PLANNED))
        except BusyError:
            continue  # whoever holds it writes its record


def run(work: Work, progress: Progress = silent) -> tuple[Cell, ...]:
    """Do all that is missing; cells of other processes are waited for, and taken over if those die.

    A cell that fails says why in its record, and the others go on.

    Returns:
        The cells as they stand at the end.
    """
    waiting = list(sharing_features(work.specs))
    while waiting:
        left = [run_job(replace(work, specs=job), progress) for job in waiting]
        later = [job for job in left if job]
        if later == waiting:
            progress("waiting for cells of another process", 0, sum(map(len, later)))
            time.sleep(POLL_SECONDS)
        waiting = later
    return work.cells


def run_job(job: Work, progress: Progress = silent) -> tuple[RunSpec, ...]:
    """Do what is missing of cells that are one piece of work.

    Returns:
        The cells that another process holds.
    """
    results = job.stores.results
    with ExitStack() as held:
        mine = tuple(spec for spec in job.specs if _claim(spec, results, held))
        unfinished = [cell for cell in replace(job, specs=mine).cells if cell.missing]
        untrained = [cell.spec for cell in unfinished if cell.missing[0].stage == "train"]
        _train(untrained, job.stores, progress)
        for cell in unfinished:
            if cell.spec.run_id in results.done():
                _finish(cell, job, progress)
    return tuple(spec for spec in job.specs if spec not in mine)


def _claim(spec: RunSpec, results: ResultStore, held: ExitStack) -> bool:
    try:
        held.enter_context(results.locked(spec.run_id))
    except BusyError:
        return False
    results.sweep(spec.run_id)
    return True


def _train(specs: Sequence[RunSpec], stores: Stores, progress: Progress) -> None:
    """Train cells that are one piece of work; each that fails is recorded, the others go on."""
    for record in train.run_together(specs, stores.data, stores.results, progress):
        if record.status != RunStatus.DONE:
            fail(record.spec, CxrError(record.error), stores.results)


def _finish(cell: Cell, job: Work, progress: Progress) -> None:
    """The steps after training; the first that fails ends them."""
    run_id, results = cell.spec.run_id, job.stores.results
    for step in (step for step in cell.missing if step.stage != "train"):
        start = time.perf_counter()
        try:
            _do(step, run_id, job, progress)
        except Interrupted:
            raise
        except Exception as error:
            fail(cell.spec, error, results, f"{step.name}: ")
            return
        record = results.record(run_id)
        seconds = {step.name: round(time.perf_counter() - start, 3)}
        hashes = {step.name: mark(step, job.request, job.datasets)}
        changed = {"seconds": record.seconds | seconds, "hashes": record.hashes | hashes}
        results.write_record(record.model_copy(update=changed | {"error": None}))


def _do(step: Step, run_id: str, job: Work, progress: Progress) -> None:
    data, results, request = job.stores.data, job.stores.results, job.request
    match step.stage:
        case "predict":
            predict.run(run_id, step.dataset, data, results, progress)
        case "evaluate":
            evaluate.run(run_id, step.dataset, data, results, request.num_resamples)
        case "explain":
            wanted = explain.ExplainRequest(limit=request.num_explained)
            explain.run(run_id, step.dataset, wanted, data, results, progress)
        case "train":
            raise AssertionError("cells are trained before their other steps")


def fail(spec: RunSpec, error: Exception, results: ResultStore, what: str = "") -> None:
    """Keep in the record why a cell failed; a run that is trained stays so."""
    reason = f"{what}{str(error) or type(error).__name__}"
    known = spec.run_id in results.run_ids()
    record = results.record(spec.run_id) if known else _new(spec, RunStatus.FAILED)
    status = RunStatus.DONE if record.status == RunStatus.DONE else RunStatus.FAILED
    results.write_record(record.model_copy(update={"status": status, "error": reason}))
    event = {"event": "failed", "error": reason}
    if not isinstance(error, CxrError):
        event["traceback"] = "".join(traceback.format_exception(error))
    results.log(spec.run_id, event)


def _new(spec: RunSpec, status: RunStatus) -> RunRecord:
    return RunRecord(
        spec=spec, status=status, versions=versions(), git_commit=git_commit(), created=now()
    )
