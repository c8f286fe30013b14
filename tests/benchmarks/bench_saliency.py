"""All 14 maps of a batch: against pytorch-grad-cam, and against the forward pass alone.

    python tests/benchmarks/bench_saliency.py [--backbone resnet50] [--images 2] [--repeats 3]

The peer is pytorch-grad-cam's own batch API on the same images and CPU: frozen parameters, an
input that requires a gradient, one finding after the other, PyTorch's own memory layout (its
backward pass is the faster in it). Ours and peer take turns, and the
fastest turn of each counts. Maps are compared after the ReLU, scaled to a maximum of 1.
"""

import argparse
import time
from collections.abc import Callable
from copy import deepcopy

import numpy as np
import torch
from numpy.typing import NDArray
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import Tensor, nn

from core.findings import NUM_FINDINGS
from core.models.backbones import BACKBONES, target_module
from core.models.classifier import Classifier
from core.models.weights import load_backbone
from core.saliency.activations import as_grid
from core.saliency.gradcam import gradcam
from core.saliency.methods import SALIENCY

SIZE = 224


class FromImages(nn.Module):
    """Normalised images to logits."""

    def __init__(self, model: Classifier) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        """float (B, 3, S, S) → (B, 14)."""
        return self.model.head(self.model.backbone(images))


def trained_like(name: str) -> tuple[Classifier, nn.Module]:
    """A frozen classifier of a backbone; random weights where the offline ones are not its."""
    spec = BACKBONES[name]
    backbone, _ = load_backbone(spec, "offline" if spec.offline else "random", SIZE, seed=0)
    model = Classifier(backbone).to(memory_format=torch.channels_last)
    return model.eval().requires_grad_(requires_grad=False), target_module(backbone, spec)


def by_peer(model: Classifier, layer: nn.Module, pixels: Tensor) -> None:
    """pytorch-grad-cam's batch API, one finding after the other."""
    images = model.normalised(pixels).requires_grad_()
    with GradCAM(FromImages(model), [layer], reshape_transform=as_grid) as peer:
        for finding in range(NUM_FINDINGS):
            targets: list[nn.Module] = [ClassifierOutputTarget(finding)] * len(pixels)  # pyright: ignore[reportAssignmentType]
            peer(images, targets)


def forward(model: Classifier, pixels: Tensor) -> None:
    """The forward pass alone."""
    with torch.inference_mode():
        model(pixels)


def seconds(*calls: Callable[[], object], repeats: int) -> list[float]:
    """The fastest of the turns of each call; they take turns."""
    turns: list[list[float]] = []
    for _ in range(repeats):
        turn: list[float] = []
        for call in calls:
            start = time.perf_counter()
            call()
            turn.append(time.perf_counter() - start)
        turns.append(turn)
    return np.min(turns, axis=0).tolist()


def drawn(maps: Tensor) -> NDArray[np.floating]:
    """Maps (B, F, h, w) as both draw them: positive, maximum 1; [B · F, h · w]."""
    flat = maps.clamp(min=0).flatten(2).flatten(0, 1).numpy()
    top = flat.max(1, keepdims=True)
    return flat / np.where(top > 0, top, 1)


def likeness(model: Classifier, layer: nn.Module, pixels: Tensor) -> tuple[float, float]:
    """Lowest correlation with the peer's maps over images and findings, largest difference."""
    columns = range(NUM_FINDINGS)
    ours = drawn(gradcam(model, layer, pixels, columns).maps)
    theirs = drawn(SALIENCY["gradcam_library"].explain(model, layer, pixels, columns).maps)
    varied = (ours.std(1) > 0) & (theirs.std(1) > 0)
    correlations = [
        np.corrcoef(one, other)[0, 1]
        for one, other in zip(ours[varied], theirs[varied], strict=True)
    ]
    return min(correlations), float(np.abs(ours - theirs).max())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbone", choices=sorted(BACKBONES), action="append")
    parser.add_argument("--images", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    generator = torch.Generator().manual_seed(0)
    shape = (options.images, SIZE, SIZE)
    pixels = torch.randint(0, 255, shape, generator=generator, dtype=torch.uint8)
    print(f"{torch.get_num_threads()} threads, {options.images} images, seconds an image")
    for name in options.backbone or BACKBONES:
        model, layer = trained_like(name)
        usual = deepcopy(model).to(memory_format=torch.contiguous_format)
        usual_layer = target_module(usual.backbone, BACKBONES[name])
        ours, alone, peer = (
            each / options.images
            for each in seconds(
                lambda m=model, t=layer: gradcam(m, t, pixels, range(NUM_FINDINGS)),
                lambda m=model: forward(m, pixels),
                lambda m=usual, t=usual_layer: by_peer(m, t, pixels),
                repeats=options.repeats,
            )
        )
        correlation, difference = likeness(model, layer, pixels)
        print(f"{name} 14 maps  ours {ours:.4f}  pytorch-grad-cam {peer:.4f}  {peer / ours:.1f}×")
        print(f"{name} 14 maps  ours {ours:.4f}  forward alone {alone:.4f}  {ours / alone:.2f}×")
        print(
            f"{name} likeness  correlation {correlation:.6f}  difference {difference:.5f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
