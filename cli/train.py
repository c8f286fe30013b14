"""`cxr train`: one run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cli import output
from cli import train_options as of
from cli.options import DATA, RESULTS, AsJson, DataDir, ResultsDir
from cli.progress import shown
from core.progress import silent

if TYPE_CHECKING:
    from core.records import RunRecord
    from core.training.convergence import Convergence


def train(
    backbone: of.Backbone,
    source: of.Source,
    weights: of.Weights = "imagenet",
    loss: of.Loss = "bce",
    tune: of.Tune = None,
    seed: of.Seed = 0,
    resample: of.Resample = None,
    precision: of.Precision = "fp32",
    num_threads: of.NumThreads = of.NUM_CPUS,
    size: of.Size = 224,
    geometry: of.Geometry = "crop",
    equalise: of.Equalise = False,
    blank: of.Blank = "negative",
    uncertain: of.Uncertain = "ignore",
    epochs: of.Epochs = 10,
    batch_size: of.BatchSize = 128,
    rates: of.Rates = None,
    weight_decays: of.Decays = None,
    tune_epochs: of.TuneEpochs = None,
    tune_batch_size: of.TuneBatchSize = None,
    tune_rate: of.TuneRate = None,
    tune_weight_decay: of.TuneDecay = None,
    warmup_epochs: of.WarmupEpochs = None,
    clip_norm: of.ClipNorm = None,
    accumulate: of.Accumulate = None,
    one_image_a_patient: of.OneImageAPatient = False,
    batch_norm: of.BatchNorm = None,
    tune_precision: of.TunePrecision = None,
    num_views: of.NumViews = None,
    rotation: of.Rotation = None,
    shift: of.Shift = None,
    min_crop_scale: of.MinCropScale = None,
    exposure: of.Exposure = None,
    noise: of.Noise = None,
    temperature: of.Temperature = None,
    positives: of.Positives = None,
    no_finding: of.NoFinding = None,
    projection: of.Projection = None,
    convergence: of.CheckConvergence = False,
    as_json: AsJson = False,
    data: DataDir = DATA,
    results: ResultsDir = RESULTS,
) -> None:
    """Train one backbone and loss on the source; a run that is done is not trained again.

    After a kill, the same command goes on from the last checkpoint. Over several processes:
    torchrun --nproc-per-node N -m cli.main train …
    """
    from core.training.recipe import run_spec

    augment = _given(
        rotation_degrees=rotation,
        shift=shift,
        min_crop_scale=min_crop_scale,
        exposure=exposure,
        noise=noise,
    )
    spec = run_spec(
        _given(
            source=source,
            backbone=backbone,
            weights=weights,
            loss=loss,
            tune=tune,
            seed=seed,
            resample=resample,
            image={"size": size, "geometry": geometry, "equalise": equalise},
            labels={"blank": blank, "uncertain": uncertain},
            epochs=epochs,
            batch_size=batch_size,
            learning_rates=tuple(rates) if rates else None,
            weight_decays=tuple(weight_decays) if weight_decays else None,
            precision=precision,
            num_threads=num_threads,
        ),
        _given(
            epochs=tune_epochs,
            batch_size=tune_batch_size,
            learning_rate=tune_rate,
            weight_decay=tune_weight_decay,
            warmup_epochs=warmup_epochs,
            clip_norm=clip_norm,
            accumulate=accumulate,
            one_image_a_patient=one_image_a_patient or None,
            batch_norm=batch_norm,
            precision=tune_precision,
            num_views=num_views,
            augment=augment or None,
        ),
        _given(
            temperature=temperature,
            positives=positives,
            no_finding=no_finding,
            projection=projection,
        ),
        "options",
    )

    from core.stages import cache
    from core.stages import train as stage
    from core.store import DataStore, ResultStore
    from core.training.convergence import check_convergence

    stores = DataStore(data), ResultStore(results)
    stage.check(spec, *stores)
    is_main = os.environ.get("RANK", "0") == "0"
    with shown() as progress:
        told = progress if is_main else silent
        cache.run(stores[0], source, spec.image, told)
        record = stage.run(spec, *stores, told)
        checked = None
        if convergence and is_main:
            checked = check_convergence(record.run_id, *stores, told)
    if is_main:
        _print(record, checked, as_json)


def _given(**fields: object) -> dict[str, object]:
    """The fields that the user gave."""
    return {name: value for name, value in fields.items() if value is not None}


def _print(record: RunRecord, checked: Convergence | None, as_json: bool) -> None:
    if as_json:
        found = {"convergence": checked.model_dump(mode="json")} if checked else {}
        output.json_out(record.model_dump(mode="json") | found)
        return
    output.line(record.run_id)
    spec = record.spec
    assert record.weights is not None
    output.note(
        f"{spec.label} on {spec.backbone}, weights {record.weights.kind}; epoch "
        f"{record.selected['epoch']:.0f}, learning rate {record.selected['learning_rate']:g}, "
        f"source-validation mAP {100 * record.selected['val_map']:.1f} %, "
        f"{len(record.trained_findings)} findings; {sum(record.seconds.values()):.1f} s."
    )
    if not record.ranked:
        output.note("Random weights: this run is shown, and never ranked.")
    if checked:
        _note_convergence(checked)


def _note_convergence(checked: Convergence) -> None:
    verdicts = {
        True: "converged",
        False: "not converged",
        None: "not decided by L-BFGS's last step",
    }
    for finding, each in checked.findings.items():
        output.note(
            f"{finding}: training loss {each.loss:.5f}, lowest {each.lowest:.5f}, "
            f"{each.share:.1%} of it to go."
        )
    worst = checked.findings[checked.worst]
    output.note(
        f"L-BFGS would remove {checked.overall.share:.1%} of the head's training loss, at worst "
        f"{worst.share:.1%} ({checked.worst}); tolerance {checked.tolerance:.0%} of each finding's "
        f"loss: {verdicts[checked.converged]}."
    )
