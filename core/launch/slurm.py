"""The work on a grid as one SLURM job array, through submitit: a job a group of cells.

Jobs return nothing: what they did stands in the run records, where several processes agree on it.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING

from core.bench.plan import Cell
from core.bench.work import Stores, Work, announce, fail, run
from core.errors import BusyError, ConfigError, CxrError
from core.launch.spec import ClusterSpec
from core.progress import Progress
from core.store import DataStore, ResultStore
from core.training.sharing import sharing_features

if TYPE_CHECKING:
    import submitit

JOB_NAME = "cxr-bench"
POLL_SECONDS = 1.0
_GONE_AFTER_SECONDS = 15.0
"""How long the result of a job that left the queue may take to show on a shared file system."""


@dataclass(frozen=True)
class GridJob:
    """What one job does; pickled by submitit.

    Args:
        work: The cells of one job.
    """

    work: Work

    def __call__(self) -> None:
        """Do what is missing of the cells."""
        run(self.work)

    def checkpoint(self) -> submitit.helpers.DelayedSubmission:
        """The same again, when the job is preempted or runs out of time: cells resume."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)


def check() -> None:
    """Refuse where there is no SLURM.

    Raises:
        ConfigError: If this machine cannot submit to one.
        ModuleNotFoundError: If submitit is not installed.
    """
    import_module("submitit")
    if shutil.which("sbatch") is None:
        raise ConfigError(
            "There is no SLURM on this machine (sbatch is not found); "
            "run this on a login node of the cluster, or use --launcher local."
        )


def launch(work: Work, cluster: ClusterSpec, progress: Progress) -> tuple[Cell, ...]:
    """Submit what is missing to SLURM, and wait for it unless told to leave."""
    return submit(work, cluster, progress, executor="slurm")


def submit(work: Work, cluster: ClusterSpec, progress: Progress, executor: str) -> tuple[Cell, ...]:
    """Submit what is missing to one of submitit's executors.

    Args:
        work: The grid.
        cluster: What each job asks for.
        progress: Told as jobs end.
        executor: `slurm`, or `local` for processes on this machine.

    Returns:
        The cells as they stand once all jobs ended, or once all are submitted.
    """
    work = replace(work, stores=_absolute(work.stores))
    announce(work)
    unfinished = [cell.spec for cell in work.cells if cell.missing]
    parts = [replace(work, specs=job) for job in sharing_features(unfinished)]
    if not parts:
        return work.cells
    submitted = _submitted(parts, cluster, executor)
    if not cluster.detach:
        _wait(submitted, progress)
        for part, job in zip(parts, submitted, strict=True):
            _blame(part, job)
    return work.cells


def _submitted(
    parts: Sequence[Work], cluster: ClusterSpec, executor: str
) -> list[submitit.Job[None]]:
    import submitit

    folder = parts[0].stores.results.jobs_folder
    queue = submitit.AutoExecutor(folder=folder, cluster=executor)
    queue.update_parameters(
        name=JOB_NAME,
        timeout_min=cluster.minutes,
        cpus_per_task=cluster.cpus,
        mem_gb=cluster.memory_gb,
        slurm_array_parallelism=cluster.max_jobs,
        **({"gpus_per_node": cluster.gpus} if cluster.gpus else {}),
        **({"slurm_partition": cluster.partition} if cluster.partition else {}),
    )
    with queue.batch():
        return [queue.submit(GridJob(part)) for part in parts]


def _wait(submitted: Sequence[submitit.Job[None]], progress: Progress) -> None:
    """Until every job has left its result, or has left the queue without one."""
    last_seen = dict.fromkeys((job.job_id for job in submitted), time.monotonic())
    while True:
        open_jobs = [job for job in submitted if not job.done()]
        known = frozenset(queued(open_jobs))
        now = time.monotonic()
        last_seen |= dict.fromkeys((job.job_id for job in open_jobs if job.job_id in known), now)
        alive = [job for job in open_jobs if now - last_seen[job.job_id] < _GONE_AFTER_SECONDS]
        progress("jobs", len(submitted) - len(alive), len(submitted))
        if not alive:
            return
        time.sleep(POLL_SECONDS)


def queued(open_jobs: Sequence[submitit.Job[None]]) -> Iterator[str]:
    """The ids of the jobs that SLURM still knows; all of them while it does not answer.

    Without accounting it forgets those that were killed.
    """
    import submitit

    if not isinstance(next(iter(open_jobs), None), submitit.SlurmJob):
        yield from (job.job_id for job in open_jobs)
        return
    arrays = ",".join(sorted({job.job_id.partition("_")[0] for job in open_jobs}))
    command = ["squeue", "--noheader", "--array", "--format=%i", f"--jobs={arrays}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and "Invalid job id" not in done.stderr:
        yield from (job.job_id for job in open_jobs)
        return
    yield from done.stdout.split()


def _blame(part: Work, job: submitit.Job[None]) -> None:
    """Give cells that their job left unfinished, and said nothing of, its end as the reason."""
    results = part.stores.results
    sentence = f"Job {job.job_id} ended before this cell was done; its log is {job.paths.stderr}."
    for cell in part.cells:
        if not cell.missing or (cell.record and cell.record.error):
            continue
        try:
            with results.locked(cell.spec.run_id):
                fail(cell.spec, CxrError(sentence), results)
        except BusyError:
            continue  # another process is at work on it


def _absolute(stores: Stores) -> Stores:
    """Jobs start elsewhere."""
    data, results = stores.data.root, stores.results.root
    return Stores(DataStore(data.absolute()), ResultStore(results.absolute()))
