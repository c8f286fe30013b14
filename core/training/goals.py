"""What a training stage is for: the labels, from a linear probe on; or contrast between images."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from core.findings import NUM_FINDINGS
from core.lookup import lookup
from core.losses.registry import LOSSES
from core.metrics.ranking import auroc, average_precision
from core.models.adapter import Projection
from core.models.classifier import num_features
from core.roles import NOT_SCORED, Source
from core.specs import ContrastiveSpec
from core.training.device import DeviceImages
from core.training.features import forward_all
from core.training.head import Head
from core.training.job import Job, Represented
from core.training.objectives import ContrastiveObjective, LabelObjective, Objective
from core.training.probe import fit
from core.training.trainee import Trainee

Judge = Callable[[Trainee], tuple[float | None, float | None]]
"""The mAP and AUROC of a network on source validation as it is now; null where undefined."""


@dataclass(frozen=True, eq=False)
class Goal:
    """What is lowered, by which module on top of the features, and how well it goes.

    Args:
        objective: What is lowered.
        top: Features to what the objective takes; on the device.
        judge: Asked after each epoch.
    """

    objective: Objective
    top: nn.Module
    judge: Judge


def contrast(job: Job, spec: ContrastiveSpec) -> Goal:
    """The supervised contrastive loss of a projection, which is thrown away after the stage."""
    device = job.device
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(job.spec.seed)
        top = Projection(num_features(job.backbone.model.backbone), spec.projection)
    return Goal(ContrastiveObjective(job.train_examples(), spec, device), top.to(device), _unjudged)


def labels(job: Job, frozen: Represented, images: DeviceImages) -> Goal:
    """The run's loss of logits, from the linear probe on the frozen features on.

    Args:
        job: The run.
        frozen: Features before tuning.
        images: The source's pixels.

    Source:
        Kumar et al., Fine-Tuning Can Distort Pretrained Features, ICLR 2022 (LP-FT).
    """
    loss = lookup(LOSSES, job.spec.loss, "loss")
    train, val = job.train_examples(frozen.features), job.val_examples(frozen.features)
    head = fit(train, val, loss, job.spec, job.progress).head
    return Goal(
        objective=LabelObjective(train, loss, job.device),
        top=_linear(head).to(job.device),
        judge=_judge(job, val, images),
    )


def _linear(head: Head) -> nn.Linear:
    linear = nn.Linear(head.weight.shape[1], NUM_FINDINGS)
    linear.load_state_dict(
        {"weight": torch.from_numpy(head.weight), "bias": torch.from_numpy(head.bias)}
    )
    return linear


def _unjudged(trainee: Trainee) -> tuple[None, None]:
    """An embedding has no score."""
    return None, None


def _judge(job: Job, val: Source, images: DeviceImages) -> Judge:
    model = job.backbone.model

    def judge(trainee: Trainee) -> tuple[float | None, float | None]:
        logits = forward_all(
            lambda rows: trainee(model.normalised(images.batch(rows))),
            job.val.rows,
            NUM_FINDINGS,
            job.device,
            world=job.world,
        )
        return _mean_scores(logits, val.labels)

    return judge


def _mean_scores(
    logits: NDArray[np.float32], known: NDArray[np.int8]
) -> tuple[float | None, float | None]:
    """Mean average precision and AUROC over the findings with both classes; null without one."""
    columns = [
        (logits[scored, k], known[scored, k])
        for k, scored in enumerate((known != NOT_SCORED).T)
        if {0, 1} <= set(known[:, k].tolist())
    ]
    if not columns:
        return None, None
    pairs = [(average_precision(*column), auroc(*column)) for column in columns]
    precisions, areas = np.array(pairs, np.float64).mean(0)
    return float(precisions), float(areas)
