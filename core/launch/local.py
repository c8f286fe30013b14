"""The work on a grid in this process, one job after the other."""

from core.bench.plan import Cell
from core.bench.work import Work, announce, run
from core.launch.spec import ClusterSpec
from core.progress import Progress


def check() -> None:
    """Nothing can be in the way."""


def launch(work: Work, cluster: ClusterSpec, progress: Progress) -> tuple[Cell, ...]:
    """Do all that is missing here; no cluster is asked for anything."""
    announce(work)
    return run(work, progress)
