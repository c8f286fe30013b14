"""Feature extraction against bare forward passes of the same model, precision and batch.

    python tests/benchmarks/bench_extraction.py --threads 2
    python tests/benchmarks/bench_extraction.py --backbones vit_base_patch16_224 --num-images 16

Printed: backbone, precision and size, images/s of `extract`, images/s of forward passes over
batches that are ready in memory, and their ratio. Rounds alternate; the median ratio counts.
"""

import argparse
import os
import time
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from core.models.backbones import BACKBONES
from core.models.classifier import Classifier
from core.models.weights import load_backbone
from core.training.device import best_device, device_name, forward_batch_size
from core.training.features import as_recorded, extract
from core.training.precision import fastest_forward

NAMES = ("efficientnet_lite0", "resnet50", "vit_base_patch16_224")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbones", nargs="*", default=NAMES)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--num-images", type=int, default=48)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    shape = (options.num_images, options.size, options.size)
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    for name in options.backbones:
        backbone, _ = load_backbone(BACKBONES[name], "random", options.size, seed=0)
        model = Classifier(backbone).to(best_device()).eval()
        chosen = fastest_forward(model, pixels[:8])
        as_recorded(model, chosen)
        pairs = _in_turns(model, pixels, chosen.layout, options.rounds)
        ratio = float(np.median([ours / bare for ours, bare in pairs]))
        ours, bare = np.median(pairs, axis=0)
        print(
            f"extraction {name} {chosen.precision} {chosen.layout}, {options.size} px, "
            f"{device_name(best_device())}: {ours:.1f} images/s, bare forward {bare:.1f}, "
            f"ratio {ratio:.3f}",
            flush=True,
        )


def _in_turns(
    model: Classifier, pixels: NDArray[np.uint8], layout: str, num_rounds: int
) -> list[tuple[float, float]]:
    """Images/s of extraction, and of forward passes alone, round by round."""
    batches = _ready(model, pixels, layout)
    return [
        (
            _rate(lambda: extract(model, pixels), len(pixels)),
            _rate(lambda: _forward(model, batches), len(pixels)),
        )
        for _ in range(num_rounds)
    ]


def _ready(model: Classifier, pixels: NDArray[np.uint8], layout: str) -> list[torch.Tensor]:
    step = forward_batch_size(model.mean.device)
    dtype = next(model.backbone.parameters()).dtype
    chunks = torch.from_numpy(pixels).to(model.mean.device).split(step)
    is_last = layout == "channels_last"
    order = torch.channels_last if is_last else torch.contiguous_format
    return [model.normalised(chunk).to(dtype).contiguous(memory_format=order) for chunk in chunks]


def _forward(model: Classifier, batches: list[torch.Tensor]) -> None:
    with torch.inference_mode():
        for batch in batches:
            model.backbone(batch)[0].float().cpu()


def _rate(work: Callable[[], object], num_images: int) -> float:
    start = _clock()
    work()
    return num_images / (_clock() - start)


def _clock() -> float:
    """Seconds: of all processors on a CPU, so that other work there does not count; else wall."""
    return sum(os.times()[:4]) if best_device().type == "cpu" else time.perf_counter()


if __name__ == "__main__":
    main()
