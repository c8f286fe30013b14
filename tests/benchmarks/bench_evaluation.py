"""The evaluation engine against scikit-learn in a loop, a whole run, and six runs in all pairs.

    python tests/benchmarks/bench_evaluation.py

112,120 images of 30,805 patients, 14 findings, as many as ChestX-ray14. The loop over scikit-learn
does a few resamples (`--peer-resamples`), alternating with ours, and is scaled to 1,000.
"""

import argparse
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from core.findings import FINDINGS
from core.metrics.bootstrap import PatientBootstrap
from core.metrics.compare import Estimate, compare_runs
from core.metrics.evaluate import evaluate_slices
from core.metrics.prepared import EvaluatedData
from core.metrics.slices import Slice
from core.metrics.thresholds import choose_thresholds
from core.metrics.together import aurocs_together
from core.metrics.values import MACRO, MetricValue
from core.roles import SourceVal, Split, Target

NUM_IMAGES, NUM_PATIENTS, NUM_FINDINGS = 112_120, 30_805, 14
POLICIES = ("fixed-0.5", "source-val", "source-rate", "target-rate")

Result = TypeVar("Result")


def main() -> None:
    """Print one line per figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=NUM_IMAGES)
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--peer-resamples", type=int, default=2)
    options = parser.parse_args()
    data = _target(0, options.images)
    _against_scikit_learn(data, options.resamples, options.peer_resamples)
    _whole_run(data, options.resamples)
    _all_pairs(data, 10 * options.resamples)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak memory of all of it: ours {peak:.2f} GiB, peer –, ratio –")


def _target(seed: int, num_images: int) -> Target:
    rng = np.random.default_rng(seed)
    prevalence = np.geomspace(0.002, 0.18, NUM_FINDINGS)
    labels = (rng.random((num_images, NUM_FINDINGS)) < prevalence).astype(np.int8)
    num_patients = max(1, num_images * NUM_PATIENTS // NUM_IMAGES)
    logits = rng.normal(size=labels.shape) + labels + np.log(prevalence / (1 - prevalence))
    return Target(
        dataset="elsewhere",
        split=Split.TEST,
        image_ids=np.arange(num_images).astype(str),
        patient_ids=rng.integers(num_patients, size=num_images).astype(str),
        values=(1 / (1 + np.exp(-logits))).astype(np.float32),
        labels=labels,
    )


def _against_scikit_learn(data: Target, num_resamples: int, peer_resamples: int) -> None:
    ours, of_ours = _timed(lambda: _areas(data, num_resamples))
    theirs, of_peer = _timed(lambda: _peer_areas(data, peer_resamples))
    scaled = theirs.seconds / peer_resamples * num_resamples
    worst = np.abs(of_ours[..., :peer_resamples] - of_peer).max()
    print(
        f"AUROC + AP, {num_resamples} resamples: ours {ours}, scikit-learn {scaled:.0f} s "
        f"(scaled from {peer_resamples}), ratio {scaled / ours.seconds:.0f}; "
        f"largest difference {worst:.1e}"
    )


def _areas(data: Target, num_resamples: int) -> NDArray[np.float64]:
    """AUROC and AP of the findings in each replicate: [2, 14, B]."""
    metrics = ["auroc", "average_precision"]
    evaluated = EvaluatedData(data.values, data.labels, data.patient_ids)
    (rows,) = evaluate_slices(evaluated, {}, num_resamples, 1, metrics=metrics)
    replicates = {(row.metric, row.finding): row.replicates for row in rows}
    found = [[replicates[metric, finding] for finding in FINDINGS] for metric in metrics]
    return np.array(found, dtype=np.float64)


def _peer_areas(data: Target, num_resamples: int) -> NDArray[np.float64]:
    bootstrap = PatientBootstrap(data.patient_ids, 1, num_resamples)
    counts = next(bootstrap.chunks(num_resamples))
    found = np.empty((2, NUM_FINDINGS, num_resamples))
    for replicate, weight in enumerate(bootstrap.image_weights(counts).T):
        rows = np.repeat(np.arange(len(weight)), weight)
        for k in range(NUM_FINDINGS):
            labels, scores = data.labels[rows, k], data.values[rows, k]
            found[0, k, replicate] = roc_auc_score(labels, scores)
            found[1, k, replicate] = average_precision_score(labels, scores)
    return found


def _whole_run(data: Target, num_resamples: int) -> None:
    """All metrics, four policies, subgroups of sex, age band and view, standardised rows."""
    val = _target(9, max(len(data) // 13, 100))
    source = SourceVal(
        "home", Split.VAL, val.image_ids, val.patient_ids, val.values, val.labels, "home"
    )
    thresholds = {name: choose_thresholds(name, source, data) for name in POLICIES}
    rng = np.random.default_rng(2)
    groups = [rng.integers(size, size=len(data)) for size in (2, 5, 2)]
    subgroups = [
        Slice(f"{number}={value}", images=column == value)
        for number, column in enumerate(groups)
        for value in np.unique(column)
    ]
    at_source = Slice(weighting="prevalence", prevalences=[0.1] * NUM_FINDINGS)
    evaluated = EvaluatedData(data.values, data.labels, data.patient_ids)
    timed, rows = _timed(
        lambda: evaluate_slices(
            evaluated, thresholds, num_resamples, 1, source, [*subgroups, at_source]
        )
    )
    num_rows = sum(map(len, rows))
    print(
        f"one run of {len(data.values):,} images, {num_rows:,} rows, 4 policies, "
        f"{len(subgroups)} subgroups, {num_resamples} resamples: ours {timed}, wanted 30 s, "
        f"ratio {30 / timed.seconds:.1f}"
    )


def _all_pairs(data: Target, num_resamples: int) -> None:
    rng = np.random.default_rng(3)
    runs = {f"run {k}": data.values + rng.normal(0, 0.02, data.values.shape) for k in range(6)}

    def compared() -> int:
        found = aurocs_together(
            list(runs.values()), data.labels, data.patient_ids, num_resamples, 1
        )
        return len(compare_runs(dict(zip(runs, map(_macro, found), strict=True))))

    timed, num_pairs = _timed(compared)
    print(
        f"{len(runs)} runs, {num_pairs} pairs, macro AUROC, {num_resamples} resamples: "
        f"ours {timed}, wanted 60 s, ratio {60 / timed.seconds:.1f}"
    )


def _macro(rows: list[MetricValue]) -> Estimate:
    (macro,) = [row for row in rows if row.finding == MACRO]
    return Estimate(macro.value, macro.replicates)


@dataclass(frozen=True)
class _Timed:
    seconds: float
    cpu_seconds: float

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s ({self.cpu_seconds:.1f} s of CPU time)"


def _timed(work: Callable[[], Result]) -> tuple[_Timed, Result]:
    start, cpu_start = time.perf_counter(), time.process_time()
    found = work()
    return _Timed(time.perf_counter() - start, time.process_time() - cpu_start), found


if __name__ == "__main__":
    main()
