"""The work on a grid in this process, one job after the other."""

from core.bench.plan import Cell
from core.bench.work import Work, announce, run
from core.errors import ConfigError
from core.launch.spec import ClusterSpec
from core.progress import Progress
from core.training.distributed import num_processes


def check() -> None:
    """Refuse under `torchrun`, whose processes would take different cells for the same.

    Raises:
        ConfigError: If it started this process beside others.
    """
    if num_processes() > 1:
        raise ConfigError(
            "cxr bench does one cell at a time and starts no processes together; run it without "
            "torchrun, or one run over several GPUs: torchrun … -m cli.main train."
        )


def launch(work: Work, cluster: ClusterSpec, progress: Progress) -> tuple[Cell, ...]:
    """Do all that is missing here; no cluster is asked for anything."""
    announce(work)
    return run(work, progress)
