"""The options of `cxr bench`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

_GRID, _CLUSTER = "In place of the grid's own", "The cluster (--launcher slurm)"

Source = Annotated[str, typer.Option(help="Indexed data set to train and select on.")]
Targets = Annotated[
    list[str], typer.Option("--target", help="Indexed data set to score; may be repeated.")
]
Preset = Annotated[
    str | None,
    typer.Option(help="ai4sd (the study's grid) or ai4sd-matched (which can tell losses apart)."),
]
GridFile = Annotated[
    Path | None, typer.Option("--grid", help="TOML file with a grid.", metavar="FILE")
]
NumExplained = Annotated[
    int | None,
    typer.Option("--explain", help="Make maps of so many images of each target.", min=1),
]
NumResamples = Annotated[int, typer.Option(help="Bootstrap replicates for the intervals.", min=0)]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only say what exists, what is missing, what it costs.")
]
Launcher = Annotated[str, typer.Option(help="local (this process) or slurm (a job array).")]

Backbones = Annotated[
    list[str] | None,
    typer.Option("--backbone", help="May be repeated.", rich_help_panel=_GRID),
]
Weights = Annotated[str | None, typer.Option(help="Of all backbones.", rich_help_panel=_GRID)]
Seeds = Annotated[int | None, typer.Option(help="Number of seeds.", rich_help_panel=_GRID)]
ResampleTrain = Annotated[
    int | None,
    typer.Option(
        help="Patient resamples that frozen arms train on too, each with the first seed alone.",
        rich_help_panel=_GRID,
    ),
]
Size = Annotated[
    int | None, typer.Option(help="Side of the images, in pixels.", rich_help_panel=_GRID)
]
Precision = Annotated[
    Literal["auto", "fp32", "bf16"] | None,
    typer.Option(help="Of frozen backbones' forward passes.", rich_help_panel=_GRID),
]
NumThreads = Annotated[
    int | None,
    typer.Option(
        help="CPU threads a cell; part of what makes it reproducible. All, or --cpus, "
        "unless the file says so.",
        rich_help_panel=_GRID,
    ),
]

Partition = Annotated[
    str | None, typer.Option(help="Queue of the cluster.", rich_help_panel=_CLUSTER)
]
Minutes = Annotated[
    int | None, typer.Option("--time", help="Minutes a job.", rich_help_panel=_CLUSTER)
]
Gpus = Annotated[
    int | None,
    typer.Option(help="1: a GPU for each job, which is one process.", rich_help_panel=_CLUSTER),
]
Cpus = Annotated[int | None, typer.Option(help="CPU cores a job.", rich_help_panel=_CLUSTER)]
MemoryGb = Annotated[
    float | None, typer.Option("--mem", help="GB a job.", rich_help_panel=_CLUSTER)
]
MaxJobs = Annotated[
    int | None, typer.Option(help="Jobs at the same time.", rich_help_panel=_CLUSTER)
]
Detach = Annotated[
    bool, typer.Option("--detach", help="Submit and leave.", rich_help_panel=_CLUSTER)
]
