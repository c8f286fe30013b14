"""Features of a frozen backbone as an adapter passes them on that was trained by contrast."""

import copy

import numpy as np
import torch
from numpy.typing import NDArray

from core.models.adapter import Adapter
from core.models.classifier import num_features
from core.specs import AugmentSpec, ContrastiveSpec, TuneSpec
from core.store.arrays import ArrayParts
from core.training import goals
from core.training.device import DeviceImages
from core.training.features import as_recorded, forward_all
from core.training.inputs import ImageViews, KeptViews
from core.training.job import Job, Represented
from core.training.trained import adapted
from core.training.trainee import Trainee
from core.training.tune import Stage, Tuning

_SEED_OF_VIEWS = 0
"""Views are kept once for all runs; a run's own seed pairs them."""


def adapted_features(
    job: Job, tuning: TuneSpec, contrastive: ContrastiveSpec, frozen: Represented
) -> Represented:
    """Train an adapter on kept features of augmented views, and pass all features through it.

    Args:
        job: The run.
        tuning: How it is trained, and how many views are kept.
        contrastive: The loss.
        frozen: Features of the images as they are.
    """
    goal = goals.contrast(job, contrastive)
    adapter = _fresh_adapter(job)
    kept = [
        view_features(job, tuning.augment, frozen.key, view) for view in range(tuning.num_views)
    ]
    stage = Stage(
        trainee=Trainee(adapter, (adapter,), goal.top, tuning),
        inputs=KeptViews(kept, job.train.rows, job.spec.seed, job.device),
        objective=goal.objective,
        patient_ids=job.train_examples().patient_ids,
        judge=goal.judge,
    )
    run = Tuning(stage, tuning, job.spec.seed, job.world, job.checkpoint)
    seconds = run.run(job.observe, job.progress)
    adapter.eval().requires_grad_(requires_grad=False)
    tensors = job.keep(job.results.adapter_path(job.spec.run_id), adapter)
    features = adapted(adapter, frozen.features)
    return Represented(features, frozen.key, {"adapter": tensors}, run.place.rows, seconds)


def view_features(job: Job, augment: AugmentSpec, key: str, view: int) -> NDArray[np.float32]:
    """Features of one augmented view of each source-train image, kept beside the others.

    Args:
        job: The run.
        augment: How views are made.
        key: Of the features of the images as they are.
        view: Number of the view.

    Returns:
        float32 [N, D] in the manifest's order, memory-mapped; NaN for images that are not trained
        on.
    """
    view_key = f"{key}-{augment.digest()}-view{view}"
    path = job.data.features_path(job.source, view_key)
    parts = ArrayParts(path)
    if not job.world.told(path.exists()):
        features = _extracted(job, augment, view, parts)
        if job.world.is_main:
            job.data.write_features(job.source, view_key, features)
        job.world.wait()
    if job.world.is_main:
        parts.remove()
    return job.data.features(job.source, view_key)


def _extracted(job: Job, augment: AugmentSpec, view: int, parts: ArrayParts) -> NDArray[np.float32]:
    model = as_recorded(copy.deepcopy(job.backbone.model), job.forward)
    images = DeviceImages(job.data.images(job.source, job.spec.image).pixels, job.device)
    every_row = np.arange(job.source.manifest.height)
    views = ImageViews(images, every_row, augment, _SEED_OF_VIEWS, 1, model)
    rows, length = job.train.rows, num_features(model.backbone)
    features = np.full((len(every_row), length), np.nan, np.float32)
    features[rows] = forward_all(
        lambda chosen: model.pooled(views.views(chosen, epoch=view)),
        rows,
        length,
        job.device,
        job.progress,
        job.world,
        parts,
    )
    return features


def _fresh_adapter(job: Job) -> Adapter:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(job.spec.seed)
        return Adapter(num_features(job.backbone.model.backbone)).to(job.device)
