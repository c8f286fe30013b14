"""A frozen BCE probe, whole, against a plain loop, and against one bare forward pass.

    python tests/benchmarks/bench_probe_run.py --threads 2 --out /tmp/probe

ResNet-50 at 224 px, 10 epochs, random weights. The plain loop is what common scripts do: a
DataLoader with 2 workers decodes every image in every epoch, and a frozen fp32 model forwards it;
one epoch over a few images is measured and scaled to all images and epochs. Ours decodes, extracts
and trains five learning rates. Printed: seconds of each and their ratio, twice: decoding included,
and with images cached against one bare forward pass at the machine's best precision.
"""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import timm
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from core.datasets.request import IndexRequest
from core.models.backbones import BACKBONES
from core.models.classifier import Classifier
from core.models.weights import load_backbone
from core.specs import ImageSpec, RunSpec
from core.stages import cache, index, train
from core.store import DataStore, ResultStore
from core.training.device import best_device, forward_batch_size
from core.training.features import as_recorded
from core.training.precision import fastest_forward

BACKBONE, SIZE, EPOCHS = "resnet50", 224, 10


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--num-images", type=int, default=300)
    parser.add_argument("--num-plain", type=int, default=48)
    parser.add_argument("--side", type=int, default=1024, help="Of the PNGs, in pixels.")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    root = _hospital(options.out / "hospital", options.num_images, options.side)
    data = DataStore(options.out / "data")
    index.run(data, "table", "noise", IndexRequest(root=root, labels="labels.csv"))
    backbone, _ = load_backbone(BACKBONES[BACKBONE], "random", SIZE, seed=0)
    model = Classifier(backbone).to(best_device()).eval()
    noise = np.random.default_rng(0).integers(0, 256, (8, SIZE, SIZE), np.uint8)
    chosen = fastest_forward(model, noise)
    spec = RunSpec(
        source="noise",
        backbone=BACKBONE,
        weights="random",
        image=ImageSpec(size=SIZE),
        epochs=EPOCHS,
        precision=chosen.precision,
        num_threads=options.threads,
    )
    plain = _plain_epoch(sorted((root / "images").glob("*.png"))[: options.num_plain])
    plain *= options.num_images / options.num_plain * EPOCHS
    decoding = _seconds(lambda: cache.run(data, "noise", spec.image))
    cast = as_recorded(model, chosen)
    before = _bare_rate(cast)
    training = _seconds(lambda: train.run(spec, data, ResultStore(options.out / "results")))
    bare = options.num_images / np.mean([before, _bare_rate(cast)])
    ours = decoding + training
    print(
        f"probe of {options.num_images} images, {EPOCHS} epochs, decoding included: {ours:.1f} s, "
        f"plain loop {plain:.1f} s (one epoch of {options.num_plain} images, scaled), "
        f"ratio {plain / ours:.1f}"
    )
    print(
        f"probe of {options.num_images} cached images, {chosen.precision} {chosen.layout}: "
        f"{training:.1f} s, one bare forward pass {bare:.1f} s, ratio {training / bare:.2f}"
    )


def _bare_rate(model: Classifier, num_images: int = 64) -> float:
    """Images/s of forward passes over a batch that is ready in memory."""
    batch = forward_batch_size(best_device())
    dtype = next(model.backbone.parameters()).dtype
    images = torch.randn(batch, 3, SIZE, SIZE, device=best_device(), dtype=dtype)
    images = images.contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        model.backbone(images)
        start = _clock()
        for _ in range(0, num_images, batch):
            model.backbone(images)[0].float().cpu()
        return num_images / (_clock() - start)


def _hospital(root: Path, num_images: int, side: int) -> Path:
    """Images of smooth noise, one a patient, split by thirds."""
    rng = np.random.default_rng(0)
    lines = ["image,patient,split,view,Effusion,Mass"]
    (root / "images").mkdir(parents=True, exist_ok=True)
    for k in range(num_images):
        coarse = Image.fromarray(rng.integers(0, 256, (side // 16, side // 16), np.uint8))
        grain = rng.integers(0, 16, (side, side), np.uint8)
        pixels = np.asarray(coarse.resize((side, side))) // 2 + grain
        Image.fromarray(pixels).save(root / f"images/{k:05d}.png")
        split = ("train", "train", "train", "val", "test")[k % 5]
        lines.append(f"images/{k:05d}.png,p{k},{split},PA,{rng.integers(2)},{rng.integers(2)}")
    (root / "labels.csv").write_text("\n".join(lines) + "\n")
    return root


class _Files(Dataset[tuple[Tensor, Tensor]]):
    def __init__(self, files: list[Path]) -> None:
        self.files = files
        self.transform = transforms.Compose(
            [
                transforms.Resize(SIZE),
                transforms.CenterCrop(SIZE),
                transforms.ToTensor(),
                transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
            ]
        )

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, k: int) -> tuple[Tensor, Tensor]:
        with Image.open(self.files[k]) as image:
            pixels: Tensor = self.transform(image.convert("RGB"))  # pyright: ignore[reportAssignmentType]
        return pixels, torch.zeros(14)


def _plain_epoch(files: list[Path]) -> float:
    """Seconds of one epoch of a frozen fp32 model with a linear head, decoding every image."""
    model = timm.create_model(BACKBONE, num_classes=0).to(best_device()).eval()
    head = nn.Linear(2048, 14).to(best_device())
    optimizer = torch.optim.AdamW(head.parameters(), lr=1e-3)
    loader = DataLoader(_Files(files), batch_size=16, num_workers=2, shuffle=True)
    start = _clock()
    for images, labels in loader:
        with torch.no_grad():
            features = model(images.to(best_device()))
        loss = nn.functional.binary_cross_entropy_with_logits(
            head(features), labels.to(best_device())
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return _clock() - start


def _seconds(work: Callable[[], object]) -> float:
    start = _clock()
    work()
    return _clock() - start


def _clock() -> float:
    """Seconds: of all processors on a CPU, so that other work there does not count; else wall."""
    return sum(os.times()[:4]) if best_device().type == "cpu" else time.perf_counter()


if __name__ == "__main__":
    main()
