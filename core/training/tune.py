"""The stage before the linear one: one loop for labels and contrast, backbones and adapters."""

import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from core.errors import ConfigError, CxrError, Interrupted
from core.progress import Progress, silent
from core.specs import TuneSpec
from core.training.batches import batches
from core.training.checkpoint import Checkpoint, Place
from core.training.device import peak_memory_mib
from core.training.distributed import World
from core.training.inputs import Inputs
from core.training.interrupt import Stop, stoppable
from core.training.objectives import Objective
from core.training.trainee import Trainee

Row = dict[str, object]


def unobserved(rows: list[Row]) -> None:
    """Tells nobody."""


@dataclass(frozen=True, eq=False)
class Stage:
    """What is trained, on what, for what.

    Args:
        trainee: The network.
        inputs: Its views of source train.
        objective: What it lowers.
        patient_ids: str [N], of source train.
        judge: The network's mAP and AUROC on source validation; null where undefined.
    """

    trainee: Trainee
    inputs: Inputs
    objective: Objective
    patient_ids: NDArray[np.str_]
    judge: Callable[[Trainee], tuple[float | None, float | None]]


def learning_rate(step: int, num_steps: int, num_warmup: int, peak: float) -> float:
    """AdamW's rate: a line from 0 to the peak, then half a cosine down to 0.

    Args:
        step: From 0.
        num_steps: Of the whole stage.
        num_warmup: Steps until the peak.
        peak: The highest rate.
    """
    if step < num_warmup:
        return peak * (step + 1) / num_warmup
    done = (step - num_warmup) / (num_steps - num_warmup)
    return peak * (1 + math.cos(math.pi * done)) / 2


class Tuning:
    """A stage under way.

    Args:
        stage: What is trained.
        spec: How.
        seed: Of the run.
        world: The processes that share each batch.
        checkpoint: Where it goes on from, and where it is kept.
    """

    def __init__(
        self, stage: Stage, spec: TuneSpec, seed: int, world: World, checkpoint: Checkpoint
    ) -> None:
        self.stage, self.spec, self.seed, self.world = stage, spec, seed, world
        self.checkpoint = checkpoint
        self.parameters = [each for each in stage.trainee.parameters() if each.requires_grad]
        self.device = self.parameters[0].device
        self.optimizer = torch.optim.AdamW(_groups(self.parameters, spec), lr=spec.learning_rate)
        self.place = checkpoint.load(stage.trainee, self.optimizer)
        self.place.loss = self.place.loss.to(self.device) * world.is_main
        self.module = world.replicate(stage.trainee)

    def run(
        self, observe: Callable[[list[Row]], None] = unobserved, progress: Progress = silent
    ) -> float:
        """Train to the end, from wherever the checkpoint stands.

        Args:
            observe: Told the curves after each epoch, one row per epoch so far.
            progress: Told after each step.

        Returns:
            Wall time, in seconds.

        Raises:
            Interrupted: If a signal asked to stop; a checkpoint was written.
            ConfigError: If a batch is too small for all processes.
            CxrError: If the loss is no number any more.
        """
        started = time.perf_counter()
        with stoppable() as stop:
            while self.place.epoch < self.spec.epochs:
                self._one_epoch(stop, progress)
                self._save()
                observe(self.place.rows)
        return time.perf_counter() - started

    def _one_epoch(self, stop: Stop, progress: Progress) -> None:
        place, stage = self.place, self.stage
        plan = batches(stage.patient_ids, self.spec, self.seed, place.epoch)
        self._check_shares(min(map(len, plan)))
        num_steps = len(plan) * self.spec.epochs
        started, num_images = time.perf_counter(), 0
        stage.trainee.learn()
        for batch in plan[place.step :]:
            done = place.epoch * len(plan) + place.step
            place.loss += len(batch) * self.step(batch, place.epoch, self._rate(done, len(plan)))
            place.step += 1
            num_images += len(batch)
            progress(stage.objective.stage, done + 1, num_steps)
            if self.world.any(stop.requested):
                self._interrupted(done + 1, num_steps)
        last_rate = self._rate((place.epoch + 1) * len(plan) - 1, len(plan))
        seconds = time.perf_counter() - started
        self._end_of_epoch(last_rate, num_images / seconds if num_images else None)

    def _check_shares(self, smallest: int) -> None:
        """A process without an image would leave the others waiting for its gradient."""
        if self.world.size > 1 and smallest // self.world.size < self.spec.accumulate:
            raise ConfigError(
                f"A batch of {smallest} images is too small for {self.world.size} processes with "
                f"{self.spec.accumulate} parts each; raise --tune-batch-size, or start fewer."
            )

    def _rate(self, step: int, steps_an_epoch: int) -> float:
        return learning_rate(
            step,
            steps_an_epoch * self.spec.epochs,
            steps_an_epoch * self.spec.warmup_epochs,
            self.spec.learning_rate,
        )

    def step(self, batch: NDArray[np.int64], epoch: int, rate: float) -> Tensor:
        """One step of the optimizer; returns this process's share of the batch's mean loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad()
        loss = self.gradients(batch, epoch)
        torch.nn.utils.clip_grad_norm_(self.parameters, self.spec.clip_norm)
        self.optimizer.step()
        return loss

    def gradients(self, batch: NDArray[np.int64], epoch: int) -> Tensor:
        """Add the batch's gradient to the parameters; returns this process's share of the loss."""
        parts = np.array_split(self.world.share(batch), self.spec.accumulate)
        parts = [part for part in parts if len(part)]
        loss = torch.zeros((), device=self.device)
        for number, part in enumerate(parts, 1):
            with self._averaging(is_last=number == len(parts)):
                outputs = self.module(self.stage.inputs.views(part, epoch))
                share = self.stage.objective.share(outputs, part, batch, self.world)
                # The mean over processes that follows undoes the factor: shares add up.
                (share * self.world.size).backward()
            loss += share.detach()
        return loss

    def _averaging(self, is_last: bool) -> AbstractContextManager[object]:
        if is_last or not isinstance(self.module, DistributedDataParallel):
            return nullcontext()
        return self.module.no_sync()

    def _end_of_epoch(self, rate: float, images_per_second: float | None) -> None:
        place = self.place
        mean = float(self.world.sum(place.loss)) / len(self.stage.patient_ids)
        if not math.isfinite(mean):
            raise CxrError(
                f"The loss of the {self.stage.objective.stage} stage is {mean} after epoch "
                f"{place.epoch + 1}; train with a lower --tune-rate."
            )
        self.stage.trainee.eval()
        val_map, val_auroc = self.stage.judge(self.stage.trainee)
        place.epoch, place.step = place.epoch + 1, 0
        place.loss = torch.zeros_like(place.loss)
        place.rows.append(
            {
                "stage": self.stage.objective.stage,
                "epoch": place.epoch,
                "learning_rate": rate,
                "train_loss": mean,
                "val_map": val_map,
                "val_auroc": val_auroc,
                "selected": place.epoch == self.spec.epochs,
                "images_per_second": images_per_second,
                "memory_mib": peak_memory_mib(self.device),
            }
        )

    def _save(self) -> None:
        total = self.world.sum(self.place.loss)
        if self.world.is_main:
            place = Place(self.place.epoch, self.place.step, total, self.place.rows)
            self.checkpoint.save(self.stage.trainee, self.optimizer, place)
        self.world.wait()

    def _interrupted(self, done: int, num_steps: int) -> None:
        self._save()
        raise Interrupted(
            f"Interrupted at step {done} of {num_steps} of the {self.stage.objective.stage} "
            "stage, after a checkpoint; the same command goes on from there."
        )


def _groups(parameters: list[torch.nn.Parameter], spec: TuneSpec) -> list[dict[str, object]]:
    """Matrices and kernels decay; biases, norms and other vectors do not."""
    decays = [each for each in parameters if each.ndim > 1]
    others = [each for each in parameters if each.ndim <= 1]
    return [
        {"params": decays, "weight_decay": spec.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
