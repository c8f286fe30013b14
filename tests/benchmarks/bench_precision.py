"""What speed costs in accuracy: bf16 on reduced-scale decoding against fp32 on full decoding.

    python tests/benchmarks/bench_precision.py --images DIR --size 96 --threads 2

DIR is a folder in the layout of ChestX-ray14. Each image is saved as a JPEG first, which the fast
way decodes at half its side or less where that is enough for `--size`; the slow way decodes all of
it and resizes once. EfficientNet-Lite0 with ImageNet weights, frozen; BCE heads with one seed.
Printed: mean cosine between the features of both, and macro AUROC on the test split of each.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from core.datasets.examples import select, source_examples
from core.datasets.request import IndexRequest
from core.findings import FINDINGS
from core.imaging.decode import decode
from core.losses.registry import LOSSES
from core.metrics.ranking import auroc
from core.models.backbones import BACKBONES
from core.models.classifier import Classifier
from core.models.weights import load_backbone
from core.records import ForwardRecord
from core.roles import Split
from core.specs import ImageSpec, RunSpec
from core.stages import index
from core.store import DataStore
from core.store.data import Dataset
from core.training.features import as_recorded, extract
from core.training.probe import fit

NAME = "real"
Features = NDArray[np.float32]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with TemporaryDirectory() as folder:
        store = DataStore(Path(folder) / "data")
        dataset = index.run(store, "chestxray14", NAME, IndexRequest(root=options.images)).dataset
        jpegs = _as_jpegs(dataset, Path(folder))
        fast = np.stack([decode(path, ImageSpec(size=options.size)).pixels for path in jpegs])
        slow = np.stack([_decoded_in_full(path, options.size) for path in jpegs])
    features = [_features(fast, "bf16"), _features(slow, "fp32")]
    norms = [np.linalg.norm(each, axis=1) for each in features]
    cosine = float(((features[0] * features[1]).sum(1) / norms[0] / norms[1]).mean())
    areas = [_macro_auroc(dataset, each) for each in features]
    print(
        f"{len(jpegs)} images at {options.size} px: mean feature cosine {cosine:.5f}; macro AUROC "
        f"bf16 + reduced decode {areas[0]:.4f}, fp32 + full decode {areas[1]:.4f}, "
        f"difference {areas[0] - areas[1]:+.4f}"
    )


def _as_jpegs(dataset: Dataset, folder: Path) -> list[Path]:
    files: list[Path] = []
    for k, path in enumerate(dataset.manifest["path"]):
        files.append(folder / f"{k}.jpg")
        with Image.open(Path(dataset.record.root, path)) as image:
            image.convert("L").save(files[-1], quality=95)
    return files


def _decoded_in_full(path: Path, size: int) -> NDArray[np.uint8]:
    """The central square, resized with antialiasing from every pixel."""
    with Image.open(path) as image:
        side = min(image.size)
        left, top = ((length - side) / 2 for length in image.size)
        box = (left, top, left + side, top + side)
        return np.asarray(image.resize((size, size), Image.Resampling.BILINEAR, box=box))


def _features(pixels: NDArray[np.uint8], precision: str) -> Features:
    row = BACKBONES["efficientnet_lite0"]
    backbone, _ = load_backbone(row, "offline", pixels.shape[1], seed=0)
    forward = ForwardRecord.model_validate({"precision": precision})
    return extract(as_recorded(Classifier(backbone).eval(), forward), pixels)


def _macro_auroc(dataset: Dataset, features: Features) -> float:
    train, val, test = (
        source_examples(NAME, selection, features[selection.rows])
        for selection in (select(dataset, split) for split in Split)
    )
    spec = RunSpec(source=NAME, backbone="efficientnet_lite0")
    head = fit(train, val, LOSSES["bce"], spec).head
    scores = head.probabilities(test.values)
    areas = [
        auroc(scores[:, column], test.labels[:, column])
        for column, finding in enumerate(FINDINGS)
        if finding in head.findings
    ]
    return float(np.mean([area for area in areas if area is not None]))


if __name__ == "__main__":
    main()
