"""`cxr train`: one run."""

import os
from typing import Annotated, Literal

import typer

from cli import output
from cli.options import DATA, RESULTS, AsJson, DataDir, ResultsDir
from cli.progress import shown


def train(
    backbone: Annotated[
        str,
        typer.Option(help="resnet50, efficientnet_b0, vit_base_patch16_224 or efficientnet_lite0."),
    ],
    source: Annotated[str, typer.Option(help="Indexed data set to train and select on.")],
    weights: Annotated[
        str,
        typer.Option(help="imagenet, offline, random (never ranked), or a .safetensors file."),
    ] = "imagenet",
    loss: Annotated[str, typer.Option(help="bce.")] = "bce",
    tune: Annotated[
        Literal["none", "last", "full"], typer.Option(help="Part of the backbone to train.")
    ] = "none",
    seed: Annotated[int, typer.Option(help="Of batches and random weights.")] = 0,
    size: Annotated[int, typer.Option(help="Side of the images, in pixels.")] = 224,
    geometry: Annotated[
        Literal["crop", "pad", "squash"], typer.Option(help="How an image becomes a square.")
    ] = "crop",
    equalise: Annotated[bool, typer.Option("--equalise", help="Equalise histograms.")] = False,
    blank: Annotated[
        Literal["negative", "ignore"], typer.Option(help="Findings that are not mentioned.")
    ] = "negative",
    uncertain: Annotated[
        Literal["ignore", "zero", "one"], typer.Option(help="Uncertain findings.")
    ] = "ignore",
    epochs: Annotated[int, typer.Option(help="Passes over source train.")] = 10,
    batch_size: Annotated[int, typer.Option(help="Images a step.")] = 128,
    precision: Annotated[
        Literal["fp32", "bf16"], typer.Option(help="Of the backbone's forward pass.")
    ] = "fp32",
    num_threads: Annotated[
        int, typer.Option(help="CPU threads; part of what makes a run reproducible.")
    ] = os.cpu_count() or 1,
    as_json: AsJson = False,
    data: DataDir = DATA,
    results: ResultsDir = RESULTS,
) -> None:
    """Train one backbone and loss on the source; a run that is done is not trained again."""
    from core.specs import ImageSpec, LabelSpec, RunSpec, parse

    fields = {
        "source": source,
        "backbone": backbone,
        "weights": weights,
        "loss": loss,
        "tune": tune,
        "seed": seed,
        "image": parse(
            ImageSpec, {"size": size, "geometry": geometry, "equalise": equalise}, "options"
        ),
        "labels": LabelSpec(blank=blank, uncertain=uncertain),
        "epochs": epochs,
        "batch_size": batch_size,
        "precision": precision,
        "num_threads": num_threads,
    }
    spec = parse(RunSpec, fields, "options")

    from core.stages import cache
    from core.stages import train as stage
    from core.store import DataStore, ResultStore

    stores = DataStore(data), ResultStore(results)
    stage.check(spec, *stores)
    with shown() as progress:
        cache.run(stores[0], source, spec.image, progress)
        record = stage.run(spec, *stores, progress)
    if as_json:
        output.json_out(record.model_dump(mode="json"))
        return
    output.line(record.run_id)
    assert record.weights is not None
    output.note(
        f"{spec.label} on {spec.backbone}, weights {record.weights.kind}; epoch "
        f"{record.selected['epoch']:.0f}, learning rate {record.selected['learning_rate']:g}, "
        f"source-validation mAP {100 * record.selected['val_map']:.1f} %, "
        f"{len(record.trained_findings)} findings; {sum(record.seconds.values()):.1f} s."
    )
    if not record.ranked:
        output.note("Random weights: this run is shown, and never ranked.")
