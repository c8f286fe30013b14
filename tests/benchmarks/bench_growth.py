"""How time and peak memory grow: every part at 1, 4 and 16 times its size.

Each size runs in a process of its own; the exponent is the slope of log(value) over log(size), 1
for linear growth. Memory is the peak while it runs, beyond what the process held just before.

    python tests/benchmarks/bench_growth.py [--parts NAME …] [--scale 1.0]
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

if TYPE_CHECKING:
    from core.roles import SourceTrain, SourceVal

FACTORS = (1, 4, 16)


class Part(NamedTuple):
    """What is measured.

    Args:
        prepare: Makes the input of a size and returns what is timed.
        base: The smallest size.
        unit: Of the size.
    """

    prepare: Callable[[int], Callable[[], object]]
    base: int
    unit: str


def cache(num_images: int) -> Callable[[], object]:
    """Decode PNGs of 512 x 512 pixels into the array."""
    from core.imaging.cache import build, publish
    from core.imaging.workers import Sources
    from core.specs import ImageSpec

    root = Path(tempfile.mkdtemp())
    rng = np.random.default_rng(0)
    for number in range(16):
        coarse = Image.fromarray(rng.integers(0, 255, (32, 32), np.uint8))
        coarse.resize((512, 512)).save(root / f"{number}.png")
    names = [f"{number % 16}.png" for number in range(num_images)]
    sources = Sources(root.resolve(), [str(number) for number in range(num_images)], names)
    array = root / "images.npy"

    def run() -> None:
        build(array, sources, ImageSpec(), 1)
        publish(array)

    return run


def probe(num_images: int) -> Callable[[], object]:
    """Fit five learning rates of one head on 512 features."""
    import torch

    from core.losses import LOSSES
    from core.training.probe import HeadRequest, fit_all

    torch.set_num_threads(1)
    train, val = _examples(num_images, max(200, num_images // 8))
    rates = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)
    request = HeadRequest(LOSSES["bce"], rates, (1e-4,), 0, 3, 128)
    return lambda: fit_all(train, val, [request])


def heads(num_heads: int) -> Callable[[], object]:
    """Fit many heads (runs) together on the same 2,000 × 512 features."""
    import torch

    from core.losses import LOSSES
    from core.training.probe import HeadRequest, fit_all

    torch.set_num_threads(1)
    train, val = _examples(2000, 250)
    requests = [
        HeadRequest(LOSSES["bce"], (1e-3,), (1e-4,), seed, 3, 128) for seed in range(num_heads)
    ]
    return lambda: fit_all(train, val, requests)


def _examples(num_train: int, num_val: int) -> "tuple[SourceTrain, SourceVal]":
    """Random features [N, 512] and labels of both roles."""
    from core.roles import SourceTrain, SourceVal
    from tests.fixtures.source_examples import with_values

    rng = np.random.default_rng(0)

    def values(number: int) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
        features = rng.normal(size=(number, 512)).astype(np.float32)
        return features, (rng.random((number, 14)) < 0.1).astype(np.int8)

    return with_values(SourceTrain, *values(num_train)), with_values(SourceVal, *values(num_val))


def evaluation(num_images: int) -> Callable[[], object]:
    """AUROC and average precision of 14 findings with 200 patient resamples."""
    return _evaluation(num_images, 14)


def findings(num_findings: int) -> Callable[[], object]:
    """The same on 8,000 images, for more and more annotated findings."""
    return _evaluation(8000, num_findings)


def _evaluation(num_images: int, num_findings: int) -> Callable[[], object]:
    from core.metrics.evaluate import evaluate

    rng = np.random.default_rng(0)
    labels = (rng.random((num_images, 14)) < 0.1).astype(np.int8)
    scores = (rng.random(labels.shape) + 0.3 * labels).astype(np.float32)
    scores[:, num_findings:] = np.nan
    patients = rng.integers(0, num_images // 3, num_images).astype(str)
    metrics = ("auroc", "average_precision")
    return lambda: evaluate(scores, labels, patients, {}, 200, 0, metrics=metrics)


def explain(num_images: int) -> Callable[[], object]:
    """Grad-CAM maps of 14 findings, streamed into a store."""
    from core.datasets.request import IndexRequest
    from core.roles import Split
    from core.specs import ImageSpec, RunSpec
    from core.stages import cache as decode
    from core.stages import explain as stage
    from core.stages import index, train
    from core.store import DataStore, ResultStore
    from tests.fixtures.releases import write_table_dataset

    root = Path(tempfile.mkdtemp())
    data, results = DataStore(root / "data"), ResultStore(root / "results")
    image = ImageSpec(size=32)
    folder = write_table_dataset(root / "images", num_images)
    index.run(data, "table", "x", IndexRequest(folder, labels="labels.csv", split="by-patient"))
    decode.run(data, "x", image)
    spec = RunSpec(
        source="x", backbone="efficientnet_lite0", weights="offline", image=image, epochs=1
    )
    run_id = train.run(spec, data, results).run_id
    ids = tuple(data.dataset("x").manifest["image_id"])
    request = stage.ExplainRequest(image_ids=ids, split=Split.TEST)
    return lambda: stage.run(run_id, "x", request, data, results)


PARTS: Mapping[str, Part] = {
    "cache": Part(cache, 64, "images"),
    "probe": Part(probe, 2000, "images"),
    "heads": Part(heads, 2, "runs"),
    "evaluation": Part(evaluation, 2000, "images"),
    "evaluation by finding": Part(findings, 3, "findings"),
    "explain": Part(explain, 250, "images"),
}
"""The index has sizes of its own in bench_index.py."""

MAX_FINDINGS = 14


def main() -> None:
    """Measure every part at every size, and print its growth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="*", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--scale", type=float, default=1.0, help="Of all sizes.")
    parser.add_argument("--measure", type=int, help="Measure one part at this size, and print.")
    options = parser.parse_args()
    if options.measure:
        print(*_measured(PARTS[options.parts[0]], options.measure))
        return
    for name in options.parts:
        part = PARTS[name]
        sizes = [max(1, round(part.base * options.scale * factor)) for factor in FACTORS]
        if part.unit == "findings":
            sizes = [min(size, MAX_FINDINGS) for size in sizes]
        sizes = list(dict.fromkeys(sizes))
        found = [_in_a_process(name, size) for size in sizes]
        for what, unit, values in zip(
            ("time", "memory"), ("s", "MB"), zip(*found, strict=True), strict=True
        ):
            _tell(f"growth of {name}, {what}", unit, part.unit, sizes, values)


def _tell(name: str, unit: str, of: str, sizes: list[int], values: tuple[float, ...]) -> None:
    told = " / ".join(f"{value:.2f}" for value in values)
    steps = "/".join(map(str, sizes))
    slope = float(np.polyfit(np.log(sizes), np.log(np.maximum(values, 0.01)), 1)[0])
    print(f"{name}: {told} {unit} at {steps} {of}, wanted exponent 1, ratio {slope:.2f}")


def _in_a_process(name: str, size: int) -> tuple[float, float]:
    command = [sys.executable, __file__, "--parts", name, "--measure", str(size)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, megabytes = done.stdout.split()[-2:]
    return float(seconds), float(megabytes)


def _measured(part: Part, size: int) -> tuple[float, float]:
    run = part.prepare(size)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = _status_kb("VmRSS")
    start = time.perf_counter()
    run()
    seconds = time.perf_counter() - start
    return seconds, (_status_kb("VmHWM") - before) / 1000


def _status_kb(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    main()
