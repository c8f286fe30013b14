"""One step of the contrastive stage against forward and backward of the same views alone.

    python tests/benchmarks/bench_contrastive.py --threads 2
    python tests/benchmarks/bench_contrastive.py --backbones vit_base_patch16_224 --batch-size 8

A step draws and makes two views of each image, forwards and backs, takes the loss over all pairs,
clips and updates. Printed: backbone, views and their size, seconds a step, seconds of forward +
backward, their ratio. Rounds alternate; the median ratio counts.
"""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from core.models.adapter import Projection
from core.models.backbones import BACKBONES
from core.models.classifier import Classifier, num_features
from core.models.weights import load_backbone
from core.roles import SourceTrain, Split
from core.specs import ContrastiveSpec, TuneSpec
from core.training.checkpoint import Checkpoint
from core.training.device import DeviceImages, best_device, device_name
from core.training.distributed import ALONE
from core.training.inputs import ImageViews
from core.training.objectives import ContrastiveObjective
from core.training.trainee import Trainee
from core.training.tune import Stage, Tuning

NAMES = ("efficientnet_lite0", "resnet50", "vit_base_patch16_224")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbones", nargs="*", default=NAMES)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    for name in options.backbones:
        with TemporaryDirectory() as folder:
            tuning = _tuning(name, options.batch_size, options.size, Path(folder))
        pairs = _in_turns(tuning, options.batch_size, options.rounds)
        ratio = float(np.median([ours / bare for ours, bare in pairs]))
        ours, bare = np.median(pairs, axis=0)
        print(
            f"contrastive step {name}, {2 * options.batch_size} views of {options.size} px, "
            f"{device_name(best_device())}: {ours:.2f} s, forward + backward {bare:.2f} s, "
            f"ratio {ratio:.3f}",
            flush=True,
        )


def _in_turns(tuning: Tuning, batch_size: int, num_rounds: int) -> list[tuple[float, float]]:
    """Seconds of a step, and of forward + backward alone, round by round."""
    batch, trainee = np.arange(batch_size), tuning.stage.trainee
    views = tuning.stage.inputs.views(batch, epoch=0)
    trainee.learn()
    tuning.step(batch, epoch=0, rate=1e-5)
    return [
        (
            _seconds(lambda: float(tuning.step(batch, epoch=1, rate=1e-5))),
            _seconds(lambda: _forward_and_back(trainee, views)),
        )
        for _ in range(num_rounds)
    ]


def _tuning(name: str, batch_size: int, size: int, folder: Path) -> Tuning:
    backbone, _ = load_backbone(BACKBONES[name], "random", size, seed=0)
    device = best_device()
    model = Classifier(backbone).to(device).to(memory_format=torch.channels_last)
    rng = np.random.default_rng(0)
    train = SourceTrain(
        dataset="noise",
        source="noise",
        split=Split.TRAIN,
        image_ids=np.arange(batch_size).astype(np.str_),
        patient_ids=np.arange(batch_size).astype(np.str_),
        values=np.empty((batch_size, 0), np.float32),
        labels=(rng.random((batch_size, 14)) < 0.1).astype(np.int8),
    )
    spec = TuneSpec(batch_size=batch_size)
    pixels = rng.integers(0, 256, (batch_size, size, size), np.uint8)
    images, rows = DeviceImages(pixels, device), np.arange(batch_size)
    top = Projection(num_features(backbone), 128).to(device)
    stage = Stage(
        trainee=Trainee(backbone, (backbone,), top, spec),
        inputs=ImageViews(images, rows, spec.augment, 0, 2, model),
        objective=ContrastiveObjective(train, ContrastiveSpec(), device),
        patient_ids=train.patient_ids,
        judge=lambda trainee: (None, None),
    )
    return Tuning(stage, spec, 0, ALONE, Checkpoint(folder / "none.safetensors", "noise"))


def _forward_and_back(trainee: Trainee, views: torch.Tensor) -> None:
    trainee.zero_grad()
    loss = trainee(views).square().sum()
    loss.backward()
    float(loss.detach())


def _seconds(work: Callable[[], object]) -> float:
    start = _clock()
    work()
    return _clock() - start


def _clock() -> float:
    """Seconds: of all processors on a CPU, so that other work there does not count; else wall."""
    return sum(os.times()[:4]) if best_device().type == "cpu" else time.perf_counter()


if __name__ == "__main__":
    main()
