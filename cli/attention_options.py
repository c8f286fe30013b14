"""Options of the commands about attention."""

from typing import Annotated, Literal

import typer

Method = Annotated[
    str,
    typer.Option(
        help="gradcam, gradcam_library, hirescam, scorecam, eigencam or rollout (ViT alone)."
    ),
]
ImageSplit = Annotated[
    Literal["train", "val", "test"], typer.Option("--split", help="Where images are taken from.")
]
Datasets = Annotated[
    list[str],
    typer.Option("--dataset", help="Indexed data set; give source and target to see a shift."),
]
NumResamples = Annotated[int, typer.Option(help="Bootstrap replicates for the intervals.", min=0)]
