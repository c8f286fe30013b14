"""What the grid MIMIC-CXR → ChestX-ray14 takes in time and disk, from the rates of its parts.

Closed form, for one GPU and for a cluster. The model:

    decode    = (source + target images) / (decoded a core and second × cores)      once
    features  = (source + target images) / forward rate, per backbone                once
    a tuned cell = epochs × train images × views / training rate + all images / forward rate
    a head    = candidates × epochs × train images / head rate, all of a backbone together
    evaluate  = seconds a run;   explain = images × passes / forward rate
    one GPU   = decode + the sum over cells
    a cluster = decode + the longest queue, where tuned cells are dealt out longest first

Images are decoded before the cells, since all of them read one array; heads, evaluation and
explanation of a backbone run after its features on the same GPU. Not in it: waiting in a
scheduler's queue, downloads, and a shared file system slower than the rates assume.

What `make bench` measured on this machine's CPU is taken from there: decoding, the evaluation of a
run (by the images of the target), heads (a GPU is faster), and how many forward passes the maps of
an image cost. Forward rates of a GPU are assumed, on the careful side; nothing here has run on one.
The output says which is which; give your own.

    python tests/benchmarks/simulate.py [--gpus 64] [--seeds 5] [--figures build/bench] …
"""

import argparse
import heapq
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.benchmarks.figures import Figure, read

SOURCE_IMAGES, TARGET_IMAGES = 377_110, 112_120
TARGET_TEST_IMAGES = 25_596
SOURCE_TRAIN_SHARE = 0.97
FEATURES: Mapping[str, int] = {
    "resnet50": 2048,
    "efficientnet_b0": 1280,
    "vit_base_patch16_224": 768,
}
FORWARD: Mapping[str, float] = {
    "resnet50": 2500.0,
    "efficientnet_b0": 4000.0,
    "vit_base_patch16_224": 1200.0,
}
"""Images a second of one data-centre GPU in bf16 at 224 px: an assumption, on the careful side."""

TRAINING_COST = 3.0
"""A training step against a forward pass: forward, and a backward of twice its work."""

_NUMBER = re.compile(r"\d[\d,]*(\.\d+)?")
_CPU_SECONDS = re.compile(r"\(([\d.]+) s of CPU time\)")

NUM_FINDINGS, BYTES_A_MAP, BYTES_A_FEATURE = 14, 137, 4


@dataclass(frozen=True)
class Rates:
    """What the parts do in a second.

    Args:
        decoded: Images a core, at 2,500 pixels a side.
        cores: Of the machine that decodes.
        head_rows: Rows × candidates of linear heads.
        evaluated_seconds: Of one run on the target, with 1,000 resamples.
        map_passes: Forward passes that all maps of an image cost.
        gpu: Factor on the assumed forward rates.
    """

    decoded: float = 40.0
    cores: int = 16
    head_rows: float = 2e5
    evaluated_seconds: float = 60.0
    map_passes: float = 2.5
    gpu: float = 1.0


@dataclass(frozen=True)
class Grid:
    """The cells: `ai4sd-matched` has a frozen and two tuned arms on three backbones.

    Args:
        seeds: Of every cell.
        epochs: Of tuning, and again of the linear stage.
        tuned_views: Views an image of each tuned arm: BCE 1, SupCon 2.
        candidates: Rates of a head.
        explained: Images with maps, a cell.
    """

    seeds: int = 5
    epochs: int = 10
    tuned_views: tuple[int, ...] = (1, 2)
    candidates: int = 5
    explained: int = 500


def measured(figures: Sequence[Figure]) -> dict[str, float]:
    """Those of `Rates` that `make bench` measured here.

    Args:
        figures: Of its table.
    """
    decoding = [each for each in figures if each.figure.startswith("JPEG, ")]
    runs = [each for each in figures if each.figure.startswith("one run of ")]
    heads = [each for each in figures if each.figure.startswith("75 heads, ")]
    maps = [each for each in figures if "forward alone" in each.limit]
    found: dict[str, float] = {}
    if decoding:
        # Releases are read at full size by Pillow, or reduced where the decoder can.
        found["decoded"] = min(_first(each.ours) for each in decoding)
    if runs:
        cpu = _CPU_SECONDS.search(runs[0].ours)
        seconds = float(cpu[1]) if cpu else _first(runs[0].ours)
        num_images = _first(runs[0].figure)
        found["evaluated_seconds"] = seconds * TARGET_TEST_IMAGES / num_images
    if heads:
        num_heads, num_images, _, num_epochs = _numbers(heads[0].figure)
        found["head_rows"] = num_heads * num_images * num_epochs / _first(heads[0].ours)
    if maps:
        found["map_passes"] = max(_first(each.ours) / _first(each.limit) for each in maps)
    return found


def _first(text: str) -> float:
    return _numbers(text)[0]


def _numbers(text: str) -> list[float]:
    return [float(found[0].replace(",", "")) for found in _NUMBER.finditer(text)]


def decode_seconds(rates: Rates) -> float:
    """All images, once."""
    return (SOURCE_IMAGES + TARGET_IMAGES) / (rates.decoded * rates.cores)


def jobs(grid: Grid, rates: Rates) -> list[float]:
    """Seconds of what one GPU does in one go: a tuned cell, or a backbone's frozen cells."""
    images, train = SOURCE_IMAGES + TARGET_IMAGES, SOURCE_IMAGES * SOURCE_TRAIN_SHARE
    heads = grid.candidates * grid.epochs * train / rates.head_rows
    found: list[float] = []
    for rate in FORWARD.values():
        forward = images / (rate * rates.gpu)
        maps = grid.explained * rates.map_passes / (rate * rates.gpu)
        rest = heads + rates.evaluated_seconds + maps
        found.append(forward + grid.seeds * rest)
        for views in grid.tuned_views:
            tuning = grid.epochs * train * views * TRAINING_COST / (rate * rates.gpu)
            found += [tuning + forward + rest] * grid.seeds
    return found


def makespan(seconds: Sequence[float], num_gpus: int) -> float:
    """The end of the last queue, jobs dealt longest first to the GPU that is free first."""
    queues = [0.0] * num_gpus
    for each in sorted(seconds, reverse=True):
        heapq.heapreplace(queues, queues[0] + each)
    return max(queues)


def disk_gigabytes(grid: Grid) -> Mapping[str, float]:
    """What lies on disk at the end, without the releases themselves."""
    images = SOURCE_IMAGES + TARGET_IMAGES
    num_tuned = len(grid.tuned_views) * grid.seeds
    num_cells = len(FEATURES) * (num_tuned + grid.seeds)
    widths = sum(FEATURES.values())
    return {
        "images, 224 px": images * 224 * 224 / 1e9,
        "features": images * widths * BYTES_A_FEATURE * (1 + num_tuned) / 1e9,
        "tuned backbones": num_tuned * (25.6 + 5.3 + 86.6) * 4e6 / 1e9,
        "predictions": num_cells * images * NUM_FINDINGS * 4 / 1e9,
        "maps": num_cells * grid.explained * NUM_FINDINGS * BYTES_A_MAP / 1e9,
    }


def _tell_rates(rates: Rates, here: Mapping[str, float], given: Mapping[str, float]) -> None:
    """Say where each rate comes from."""
    told = {
        "decoded": f"decoding {rates.decoded:.0f} images a core and second",
        "evaluated_seconds": f"evaluation {rates.evaluated_seconds:.0f} s a run",
        "head_rows": f"heads {rates.head_rows:,.0f} rows a second",
        "map_passes": f"the maps of an image {rates.map_passes:.2f} forward passes",
    }
    for name, words in told.items():
        source = "given" if name in given else "measured here" if name in here else "assumed"
        print(f"{words}: {source}")
    forward = ", ".join(f"{name} {rate * rates.gpu:.0f}" for name, rate in FORWARD.items())
    print(f"forward passes, images a second: {forward}: assumed")


def main() -> None:
    """Print time on one GPU and on a cluster, what sets it, and disk."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gpus", type=int, default=64)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--figures", type=Path, default=Path("build/bench"))
    parser.add_argument("--decoded", type=float, help="Images, a core and second.")
    parser.add_argument("--cores", type=int, default=Rates.cores)
    parser.add_argument("--gpu", type=float, default=1.0, help="Factor on the assumed GPU rates.")
    options = parser.parse_args()
    grid = Grid(seeds=options.seeds)
    here = measured(read(options.figures / "figures.json"))
    given = {"decoded": options.decoded} if options.decoded else {}
    rates = replace(Rates(cores=options.cores, gpu=options.gpu), **(here | given))
    _tell_rates(rates, here, given)
    decoding, work = decode_seconds(rates), jobs(grid, rates)
    num_cells = len(FORWARD) * grid.seeds * (1 + len(grid.tuned_views))
    print(f"{num_cells} cells; decoding once {decoding / 3600:.2f} h on {rates.cores} cores")
    for num_gpus in (1, options.gpus):
        hours = (decoding + makespan(work, num_gpus)) / 3600
        print(f"{num_gpus} GPU: {hours:.1f} h; longest job {max(work) / 3600:.2f} h")
    disk = disk_gigabytes(grid)
    told = ", ".join(f"{name} {gigabytes:.1f}" for name, gigabytes in disk.items())
    print(f"disk: {sum(disk.values()):.0f} GB ({told})")


if __name__ == "__main__":
    main()
