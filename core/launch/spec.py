"""What a launcher is, and what a cluster is asked for."""

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import Field

from core.bench.plan import Cell
from core.bench.work import Work
from core.progress import Progress
from core.specs import Spec


class ClusterSpec(Spec):
    """What every job of a grid asks the cluster for.

    Args:
        partition: Queue of the cluster; None for its default.
        minutes: Wall time of a job. One that runs out of it is queued again and goes on.
        gpus: GPUs a job: a job is one process, which takes one.
        cpus: CPU cores a job.
        memory_gb: Memory a job, in GB.
        max_jobs: Jobs that run at the same time.
        detach: Submit and leave, instead of waiting for the jobs.
    """

    partition: str | None = None
    minutes: int = Field(default=24 * 60, ge=1)
    gpus: int = Field(default=0, ge=0, le=1)
    cpus: int = Field(default=1, ge=1)
    memory_gb: float = Field(default=16.0, gt=0)
    max_jobs: int = Field(default=64, ge=1)
    detach: bool = False


@dataclass(frozen=True)
class LauncherSpec:
    """One way of getting the work done.

    Args:
        title: For people.
        check: Refuses, before anything is done, where it cannot work.
        launch: Does what is missing, and returns the cells as they stand afterwards.
        on_cluster: Whether it heeds the `ClusterSpec`.
    """

    title: str
    check: Callable[[], None]
    launch: Callable[[Work, ClusterSpec, Progress], tuple[Cell, ...]]
    on_cluster: bool
