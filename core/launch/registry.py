"""The literal table of launchers."""

from collections.abc import Mapping

from core.launch import local, slurm
from core.launch.spec import LauncherSpec

LAUNCHERS: Mapping[str, LauncherSpec] = {
    "local": LauncherSpec(
        title="This process", check=local.check, launch=local.launch, on_cluster=False
    ),
    "slurm": LauncherSpec(
        title="SLURM job arrays", check=slurm.check, launch=slurm.launch, on_cluster=True
    ),
}
