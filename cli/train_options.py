"""The options of `cxr train`, in the groups that its help shows.

Options of the stage before the linear one have no default here: what is not given takes that of
the loss and the backbone (`core.training.recipe`).
"""

import os
from typing import Annotated, Literal

import typer

NUM_CPUS = os.cpu_count() or 1

_RUN, _IMAGES = "Run", "Images and labels"
_LINEAR, _TUNING = "Linear stage", "Tuning, before the linear stage"
_VIEWS, _CONTRAST = "Augmented views, while tuning", "Contrastive loss (supcon)"

Backbone = Annotated[
    str,
    typer.Option(
        help="resnet50, efficientnet_b0, vit_base_patch16_224 or efficientnet_lite0.",
        rich_help_panel=_RUN,
    ),
]
Source = Annotated[
    str,
    typer.Option(help="Indexed data set to train and select on.", rich_help_panel=_RUN),
]
Weights = Annotated[
    str,
    typer.Option(
        help="imagenet, offline, random (never ranked), or a .safetensors file.",
        rich_help_panel=_RUN,
    ),
]
Loss = Annotated[
    str,
    typer.Option(
        help="bce, weighted_bce, focal, asymmetric, or supcon (contrast, then bce).",
        rich_help_panel=_RUN,
    ),
]
Tune = Annotated[
    Literal["none", "last", "full"] | None,
    typer.Option(
        help="Part of the backbone to train first: full for supcon, none for others.",
        rich_help_panel=_RUN,
    ),
]
Seed = Annotated[int, typer.Option(help="Of weights, views and batches.", rich_help_panel=_RUN)]
Resample = Annotated[
    int | None,
    typer.Option(help="Number of a patient resample of source train.", rich_help_panel=_RUN),
]
Precision = Annotated[
    Literal["auto", "fp32", "bf16"],
    typer.Option(
        help="Of the frozen backbone; auto measures which is faster here.", rich_help_panel=_RUN
    ),
]
NumThreads = Annotated[
    int,
    typer.Option(help="CPU threads; part of what makes a run reproducible.", rich_help_panel=_RUN),
]

Size = Annotated[int, typer.Option(help="Side, in pixels.", rich_help_panel=_IMAGES)]
Geometry = Annotated[
    Literal["crop", "pad", "squash"],
    typer.Option(help="How an image becomes a square.", rich_help_panel=_IMAGES),
]
Equalise = Annotated[
    bool, typer.Option("--equalise", help="Equalise histograms.", rich_help_panel=_IMAGES)
]
Blank = Annotated[
    Literal["negative", "ignore"],
    typer.Option(help="Findings that are not mentioned.", rich_help_panel=_IMAGES),
]
Uncertain = Annotated[
    Literal["ignore", "zero", "one"],
    typer.Option(help="Uncertain findings.", rich_help_panel=_IMAGES),
]

Epochs = Annotated[int, typer.Option(help="Passes over source train.", rich_help_panel=_LINEAR)]
BatchSize = Annotated[int, typer.Option(help="Images a step.", rich_help_panel=_LINEAR)]
Rates = Annotated[
    list[float] | None,
    typer.Option(
        "--rate",
        help="Learning rate to try; may be given again. [default: 1e-4 to 1e-2]",
        rich_help_panel=_LINEAR,
    ),
]
Decays = Annotated[
    list[float] | None,
    typer.Option(
        "--weight-decay",
        help="Weight decay to try; may be given again. [default: 1e-4]",
        rich_help_panel=_LINEAR,
    ),
]
CheckConvergence = Annotated[
    bool,
    typer.Option(
        "--check-convergence",
        help="Then tell how far the head's training loss lies above what L-BFGS reaches.",
        rich_help_panel=_LINEAR,
    ),
]

TuneEpochs = Annotated[
    int | None,
    typer.Option(help="Passes over source train. [default: 10]", rich_help_panel=_TUNING),
]
TuneBatchSize = Annotated[
    int | None,
    typer.Option(help="Images a step, over all devices. [default: 128]", rich_help_panel=_TUNING),
]
TuneRate = Annotated[
    float | None,
    typer.Option(
        help="AdamW's highest rate. [default: 1e-4 for CNNs, 3e-5 for ViT]",
        rich_help_panel=_TUNING,
    ),
]
TuneDecay = Annotated[
    float | None,
    typer.Option("--tune-weight-decay", help="Of AdamW. [default: 1e-4]", rich_help_panel=_TUNING),
]
WarmupEpochs = Annotated[
    int | None,
    typer.Option(help="Until the highest rate. [default: 1]", rich_help_panel=_TUNING),
]
ClipNorm = Annotated[
    float | None,
    typer.Option(help="Largest norm of the gradient. [default: 1]", rich_help_panel=_TUNING),
]
Accumulate = Annotated[
    int | None,
    typer.Option(
        help="Parts a batch is computed in, to save memory; not for supcon. [default: 1]",
        rich_help_panel=_TUNING,
    ),
]
OneImageAPatient = Annotated[
    bool,
    typer.Option(
        "--one-image-a-patient", help="No patient twice in a batch.", rich_help_panel=_TUNING
    ),
]
BatchNorm = Annotated[
    Literal["train", "eval"] | None,
    typer.Option(
        help="Statistics of tuned layers: of the batch, or as they were. [default: train]",
        rich_help_panel=_TUNING,
    ),
]
TunePrecision = Annotated[
    Literal["fp32", "bf16"] | None,
    typer.Option(help="bf16 is mixed precision. [default: fp32]", rich_help_panel=_TUNING),
]
NumViews = Annotated[
    int | None,
    typer.Option(
        help="Views kept for an adapter (supcon --tune none). [default: 4]",
        rich_help_panel=_TUNING,
    ),
]

Rotation = Annotated[
    float | None,
    typer.Option("--rotation", help="± degrees. [default: 10]", rich_help_panel=_VIEWS),
]
Shift = Annotated[
    float | None, typer.Option(help="± share of the side. [default: .05]", rich_help_panel=_VIEWS)
]
MinCropScale = Annotated[
    float | None,
    typer.Option(help="Smallest share of the area. [default: .8]", rich_help_panel=_VIEWS),
]
Exposure = Annotated[
    float | None,
    typer.Option(help="± share of brightness, contrast. [default: .2]", rich_help_panel=_VIEWS),
]
Noise = Annotated[
    float | None,
    typer.Option(help="Standard deviation, of white. [default: .02]", rich_help_panel=_VIEWS),
]

Temperature = Annotated[
    float | None, typer.Option(help="τ. [default: .1]", rich_help_panel=_CONTRAST)
]
Positives = Annotated[
    Literal["shared", "jaccard"] | None,
    typer.Option(
        help="Images attract by a shared finding, or by overlap. [default: shared]",
        rich_help_panel=_CONTRAST,
    ),
]
NoFinding = Annotated[
    Literal["own-view", "class"] | None,
    typer.Option(
        help="Images without a finding attract their own view, or each other. [default: own-view]",
        rich_help_panel=_CONTRAST,
    ),
]
Projection = Annotated[
    int | None,
    typer.Option(help="Length of the embedding. [default: 128]", rich_help_panel=_CONTRAST),
]
