"""Features of a backbone that was trained on the source."""

import torch

from core.lookup import lookup
from core.models.backbones import BACKBONES, last_modules
from core.specs import TuneSpec
from core.training import goals
from core.training.device import DeviceImages
from core.training.features import as_recorded, dataset_features, feature_key
from core.training.goals import Goal
from core.training.inputs import ImageViews
from core.training.job import Job, Represented
from core.training.trainee import Trainee, shared_statistics
from core.training.tune import Stage, Tuning


def tuned_features(job: Job, tuning: TuneSpec, frozen: Represented | None) -> Represented:
    """Train the backbone, freeze it again, and extract the source's features.

    Args:
        job: The run; its backbone is trained in place.
        tuning: How.
        frozen: Features before tuning, on which the head that it starts with is fitted; None for
            the contrastive loss, which starts without one.
    """
    model = job.backbone.model.to(memory_format=torch.channels_last)
    images = DeviceImages(job.data.images(job.source, job.spec.image).pixels, job.device)
    if job.spec.contrastive is not None:
        goal = goals.contrast(job, job.spec.contrastive)
    else:
        assert frozen is not None
        goal = goals.labels(job, frozen, images)
    stage = _stage(job, tuning, goal, images)
    run = Tuning(stage, tuning, job.spec.seed, job.world, job.checkpoint)
    seconds = run.run(job.observe, job.progress)
    model.backbone = stage.trainee.encoder.eval().requires_grad_(requires_grad=False)
    tensors = job.keep(job.results.backbone_path(job.spec.run_id), model.backbone)
    key = feature_key(job.spec, tensors, job.forward, job.source)
    features = dataset_features(
        job.data,
        job.source,
        job.spec.image,
        key,
        lambda: as_recorded(model, job.forward),
        job.progress,
        job.world,
    )
    return Represented(features, key, {"backbone": tensors}, run.place.rows, seconds)


def _stage(job: Job, tuning: TuneSpec, goal: Goal, images: DeviceImages) -> Stage:
    spec, model = job.spec, job.backbone.model
    encoder = shared_statistics(model.backbone, tuning, job.world, job.device)
    row = lookup(BACKBONES, spec.backbone, "backbone")
    learning = (encoder,) if spec.tune == "full" else last_modules(encoder, row)
    num_views = goal.objective.num_views
    return Stage(
        trainee=Trainee(encoder, learning, goal.top, tuning),
        inputs=ImageViews(images, job.train.rows, tuning.augment, spec.seed, num_views, model),
        objective=goal.objective,
        patient_ids=job.train_examples().patient_ids,
        judge=goal.judge,
    )
