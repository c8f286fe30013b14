"""How long an index of ChestX-ray14's tables takes, and how much memory, as they grow.

Tables of the release's size (112,120 images) and of 4 and 10 times it are generated, and indexed
each in a process of its own. The peer only parses the table and marks the 14 findings with bare
polars: no checks, no splits, no boxes. An exponent of 1 is linear growth.

    python tests/benchmarks/bench_index.py [--tables FOLDER_OF_THE_REAL_TABLES] [--repeats 3]
"""

import argparse
import math
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl

from core.findings import FINDINGS

NUM_IMAGES, NUM_PATIENTS, NUM_BOXES = 112_120, 30_805, 984
FACTORS = (1, 4, 10)
TABLE, BOX_TABLE = "Data_Entry_2017_v2020.csv", "BBox_List_2017.csv"
_MEASURED = """
import resource, sys, time
from pathlib import Path
import polars as pl
from core.datasets.chestxray14 import index
from core.datasets.request import IndexRequest
from core.findings import FINDINGS
root, who = Path(sys.argv[1]), sys.argv[2]
pages = int(Path("/proc/self/statm").read_text().split()[1])
before = pages * resource.getpagesize() // 1024
start = time.perf_counter()
if who == "ours":
    index(IndexRequest(root, tables_only=True))
else:
    labels = pl.col("Finding Labels").str.split("|")
    pl.read_csv(root / "Data_Entry_2017_v2020.csv").with_columns(
        labels.list.contains(finding).cast(pl.Int8).alias(finding) for finding in FINDINGS
    )
seconds = time.perf_counter() - start
print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def write_tables(root: Path, factor: int, seed: int = 0) -> None:
    """Tables in the release's form; the last third of the patients is the test split."""
    rng = np.random.default_rng(seed)
    num_patients = NUM_PATIENTS * factor
    extra = rng.integers(0, num_patients, (NUM_IMAGES - NUM_PATIENTS) * factor)
    patients = np.sort(np.concatenate([np.arange(num_patients), extra]))
    first = np.r_[True, patients[1:] != patients[:-1]]
    starts = np.flatnonzero(first)
    follow_up = np.arange(len(patients)) - np.repeat(
        starts, np.diff(np.append(starts, len(patients)))
    )
    names = [f"{p + 1:08d}_{f:03d}.png" for p, f in zip(patients, follow_up, strict=True)]
    combined = ["No Finding", *FINDINGS, *(f"{a}|{b}" for a, b in pairwise(FINDINGS))]
    weights = np.r_[0.54, np.full(len(combined) - 1, 0.46 / (len(combined) - 1))]
    pl.DataFrame(
        {
            "Image Index": names,
            "Finding Labels": rng.choice(np.array(combined), len(names), p=weights),
            "Follow-up #": follow_up,
            "Patient ID": patients + 1,
            "Patient Age": rng.integers(1, 95, len(names)),
            "Patient Gender": np.array(["F", "M"])[patients % 2],
            "View Position": rng.choice(np.array(["PA", "AP"]), len(names)),
            "OriginalImage[Width": 2500,
            "Height]": 2048,
            "OriginalImagePixelSpacing[x": 0.139,
            "y]": 0.139,
        }
    ).write_csv(root / TABLE, quote_style="never")
    in_test = patients >= num_patients * 2 // 3
    for file, chosen in (("train_val_list.txt", ~in_test), ("test_list.txt", in_test)):
        (root / file).write_text("\n".join(np.array(names)[chosen]))
    boxed = np.flatnonzero(in_test)[: NUM_BOXES * factor]
    lines = [f"{names[k]},Mass,{100 + k % 50},200,300,{200 + k % 70},,," for k in boxed]
    (root / BOX_TABLE).write_text(
        "\n".join(["Image Index,Finding Label,Bbox [x,y,w,h],,,", *lines])
    )


def measured(root: Path, who: str, repeats: int) -> tuple[float, float]:
    """The fewest seconds, and the median growth of the peak in MB, of fresh processes."""
    runs: list[tuple[float, float]] = []
    for _ in range(repeats):
        command = [sys.executable, "-c", _MEASURED, str(root), who]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds, kilobytes = done.stdout.split()
        runs.append((float(seconds), float(kilobytes) / 1000))
    return min(run[0] for run in runs), statistics.median(run[1] for run in runs)


def exponent(values: Sequence[float]) -> float:
    """The slope of log(value) over log(size), by least squares."""
    sizes = [math.log(factor) for factor in FACTORS]
    return float(np.polyfit(sizes, [math.log(value) for value in values], 1)[0])


def line(name: str, ours: float, peer: float, unit: str) -> None:
    print(f"{name}: ours {ours:.2f} {unit}, peer {peer:.2f} {unit}, ratio {ours / peer:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=Path, help="Folder of the real tables.")
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    if given.tables:
        ours, peer = (measured(given.tables, who, given.repeats) for who in ("ours", "peer"))
        line("index real tables, time", ours[0], peer[0], "s")
        line("index real tables, memory", ours[1], peer[1], "MB")
    found: dict[str, list[tuple[float, float]]] = {"ours": [], "peer": []}
    for factor in FACTORS:
        with tempfile.TemporaryDirectory() as folder:
            write_tables(Path(folder), factor)
            for who, values in found.items():
                values.append(measured(Path(folder), who, given.repeats))
        ours, peer = found["ours"][-1], found["peer"][-1]
        line(f"index {factor}x, time", ours[0], peer[0], "s")
        line(f"index {factor}x, memory", ours[1], peer[1], "MB")
    for kind, name in enumerate(("time", "memory")):
        ours = exponent([value[kind] for value in found["ours"]])
        print(f"index, growth of {name}: exponent {ours:.2f}, wanted at most 1, ratio {ours:.2f}")


if __name__ == "__main__":
    main()
