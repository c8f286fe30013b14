"""How often the 95 % interval of AUROC holds the true value, over structures of clusters.

    python tests/benchmarks/coverage.py --clusters Data_Entry_2017_v2020.csv --only test_list.txt

A patient's images share a normal effect (its share of the variance is the correlation within
patients), positives are shifted so that the true AUROC is known, and each image of a positive
patient is positive with probability one half, one of them at least. The interval is the percentile
bootstrap over patients, 1,000 replicates. The table is markdown.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from math import sqrt
from pathlib import Path
from statistics import NormalDist

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.metrics.bootstrap import PatientBootstrap, percentile_interval
from core.metrics.ratio import Values
from core.metrics.sample import sample_of

NUM_REPLICATES = 1000
POSITIVE_PATIENTS = (10, 20, 50, 100, 300)
AREAS = (0.6, 0.75, 0.9)
CORRELATIONS = (0.2, 0.6)
NUM_PATIENTS = 1000
SHARE_POSITIVE = 0.5


@dataclass(frozen=True)
class Cell:
    """One row of the table: a structure of clusters and what is simulated on it."""

    structure: str
    sizes: tuple[int, ...]
    num_positive_patients: int
    area: float
    correlation: float
    num_simulations: int


@dataclass(frozen=True)
class Coverage:
    """What the simulations of a cell gave: shares, and medians over them."""

    covered: float
    flagged: float
    effective_patients: float


def main() -> None:
    """Print one line per cell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clusters", type=Path, help="CSV or parquet, one row per image")
    parser.add_argument("--only", type=Path, help="text file with the images to keep")
    parser.add_argument("--patient-column", default="Patient ID")
    parser.add_argument("--image-column", default="Image Index")
    parser.add_argument("--simulations", type=int, default=500)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    structures = _structures(options)
    cells = [
        Cell(name, sizes, positive, area, correlation, options.simulations)
        for name, sizes in structures.items()
        for positive, area, correlation in product(POSITIVE_PATIENTS, AREAS, CORRELATIONS)
        if correlation == CORRELATIONS[0] or max(sizes) > 1
    ]
    print("| clusters | positive patients | effective | AUROC | correlation | coverage | flagged |")
    print("|---|---|---|---|---|---|---|")
    with ProcessPoolExecutor(options.workers) as pool:
        for cell, found in zip(cells, pool.map(simulate, cells), strict=True):
            print(
                f"| {cell.structure} | {cell.num_positive_patients} "
                f"| {found.effective_patients:.1f} | {cell.area} | {cell.correlation} "
                f"| {found.covered:.3f} | {found.flagged:.2f} |",
                flush=True,
            )


def _structures(options: argparse.Namespace) -> dict[str, tuple[int, ...]]:
    rng = np.random.default_rng(0)
    found: dict[str, tuple[int, ...]] = {
        "1 image a patient": (1,) * NUM_PATIENTS,
        "geometric, mean 3": tuple(rng.geometric(1 / 3, size=NUM_PATIENTS).tolist()),
    }
    if options.clusters:
        path: Path = options.clusters
        is_parquet = path.suffix == ".parquet"
        images = pl.read_parquet(path) if is_parquet else pl.read_csv(path)
        if options.only:
            kept = options.only.read_text().split()
            images = images.filter(pl.col(options.image_column).is_in(kept))
        found[path.stem] = tuple(images[options.patient_column].value_counts()["count"].to_list())
    return found


def simulate(cell: Cell) -> Coverage:
    """Draws data sets of one cell and counts how often the interval holds the true AUROC."""
    sizes = np.array(cell.sizes)
    patients = np.repeat(np.arange(len(sizes)), sizes)
    names = np.char.zfill(patients.astype(str), 6)
    bootstrap = PatientBootstrap(names, seed=1, num_resamples=NUM_REPLICATES)
    counts = np.concatenate([each[:-1] for each in bootstrap.chunks(100)], axis=1)
    counts = counts.astype(np.float32)
    rng = np.random.default_rng([cell.num_positive_patients, round(100 * cell.area), len(patients)])
    covered: list[bool] = []
    flagged: list[bool] = []
    effective: list[float] = []
    for _ in range(cell.num_simulations):
        labels = _labels(rng, cell.num_positive_patients, patients, len(sizes))
        scores = _scores(rng, labels, patients, cell)
        interval = percentile_interval(areas(scores, labels, patients, counts))
        assert interval.low is not None
        assert interval.high is not None
        covered.append(interval.low <= cell.area <= interval.high)
        sample = sample_of(labels[:, None], patients)
        flagged.append(bool(sample.interval_flags))
        effective.append(sample.effective_positive_patients)
    return Coverage(float(np.mean(covered)), float(np.mean(flagged)), float(np.median(effective)))


def _labels(
    rng: np.random.Generator, num_positive: int, patients: NDArray[np.intp], num_patients: int
) -> NDArray[np.int8]:
    chosen = rng.choice(num_patients, size=num_positive, replace=False)
    labels = np.isin(patients, chosen) & (rng.random(len(patients)) < SHARE_POSITIVE)
    firsts = np.searchsorted(patients, np.setdiff1d(chosen, patients[labels]))
    labels[firsts] = True
    return labels.astype(np.int8)


def _scores(
    rng: np.random.Generator, labels: NDArray[np.int8], patients: NDArray[np.intp], cell: Cell
) -> Values:
    shared = rng.normal(size=len(cell.sizes))[patients] * sqrt(cell.correlation)
    own = rng.normal(size=len(patients)) * sqrt(1 - cell.correlation)
    return shared + own + labels * sqrt(2) * NormalDist().inv_cdf(cell.area)


def areas(
    scores: Values,
    labels: NDArray[np.int8],
    patients: NDArray[np.intp],
    counts: NDArray[np.float32],
) -> Values:
    """AUROC in each replicate, from the pairs of patients: float64 [B].

    The same numbers as `core.metrics.ranking.auroc_of`, cheaper where positives are few.

    Args:
        scores: float64 [N], without ties.
        labels: int8 [N], 1 or 0.
        patients: intp [N], rows of `counts`, rising.
        counts: float32 [P, B], how often a replicate draws each patient.
    """
    positives, negatives = np.flatnonzero(labels == 1), np.flatnonzero(labels == 0)
    winners, owners = np.unique(patients[positives], return_index=True)
    losers, firsts = np.unique(patients[negatives], return_index=True)
    wins = (scores[positives][:, None] > scores[negatives]).astype(np.float32)
    pairs = np.add.reduceat(np.add.reduceat(wins, firsts, axis=1), owners, axis=0)
    won = np.einsum("wb,wb->b", counts[winners], pairs @ counts[losers], dtype=np.float64)
    num_positive = np.bincount(patients[positives], minlength=len(counts)) @ counts
    num_negative = np.bincount(patients[negatives], minlength=len(counts)) @ counts
    num_pairs = num_positive.astype(np.float64) * num_negative
    return np.divide(won, num_pairs, out=np.full_like(won, np.nan), where=num_pairs > 0)


if __name__ == "__main__":
    main()
