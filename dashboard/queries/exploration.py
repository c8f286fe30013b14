"""One run on one finding: its curves with bands, its scores by label, and any threshold at all."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.findings import Finding
from core.metrics.bootstrap import PatientBootstrap, percentile_interval
from core.metrics.operating import (
    Counts,
    alert_rate,
    counts_at,
    negative_predictive_value,
    precision,
    recall,
    specificity,
)
from core.metrics.ratio import defined
from core.store.data import DataStore
from core.store.results import ResultStore
from core.tables import PREDICTIONS
from dashboard.queries.cells import Place
from dashboard.queries.parts import scores
from dashboard.queries.reading import dataset, indexed_at, version
from dashboard.queries.scores import labels_at
from dashboard.stores import Stores

NUM_RESAMPLES = 200
NUM_BINS = 10
GRID = np.linspace(0, 1, 101)

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Band:
    """A line and the 95 % interval around it, by patient.

    Args:
        x: float64 [K].
        y: float64 [K].
        low: float64 [K], NaN where there is no interval.
        high: float64 [K].
    """

    x: Floats
    y: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class Explored:
    """A run's scores on a finding.

    Args:
        scores: float64 [N].
        labels: int8 [N], 1 or 0.
        num_patients: Patients of the N images.
        roc: Sensitivity over the false positive rate.
        pr: Precision over recall.
        calibration: Observed share of positives over the mean score, in bins of equal size.
    """

    scores: Floats
    labels: NDArray[np.int8]
    num_patients: int
    roc: Band
    pr: Band
    calibration: Band


def explored(stores: Stores, run_id: str, where: Place, finding: Finding) -> Explored | None:
    """What a run does on a finding; None without images of both classes.

    Raises:
        CxrError: If the data set or the predictions cannot be read.
    """
    changed = (
        version(stores, run_id, PREDICTIONS, where.dataset),
        indexed_at(stores, where.dataset),
    )
    return _explored(stores.data.root, stores.results.root, run_id, where, finding, changed)


@lru_cache(maxsize=64)
def _explored(
    data: Path,
    results: Path,
    run_id: str,
    where: Place,
    finding: Finding,
    changed: tuple[str, int],
) -> Explored | None:
    del changed
    pairs = _pairs(Stores(DataStore(data), ResultStore(results)), run_id, where, finding)
    labels = pairs["label"].to_numpy()
    if not 0 < labels.sum() < len(labels):
        return None
    scores = pairs["score"].to_numpy().astype(np.float64)
    patients = pairs["patient_id"].to_numpy().astype(np.str_)
    order = np.argsort(-scores, kind="stable")
    scores, labels, patients = scores[order], labels[order], patients[order]
    weights = _weights(patients, len(labels))
    last = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    hits = [_cumulative(each, labels, last) for each in weights]
    return Explored(
        scores=scores,
        labels=labels,
        num_patients=len(set(patients)),
        roc=_band(GRID, [_roc(*each) for each in hits]),
        pr=_band(GRID, [_pr(*each) for each in hits]),
        calibration=_calibration(scores, labels, weights),
    )


def _pairs(stores: Stores, run_id: str, where: Place, finding: Finding) -> pl.DataFrame:
    patients = dataset(stores, where.dataset).manifest.select("image_id", "patient_id")
    return (
        labels_at(stores, where)
        .select("image_id", pl.col(finding).alias("label"))
        .join(scores(stores.results, run_id, where.dataset, finding), on="image_id")
        .join(patients, on="image_id")
        .drop_nulls()
    )


def _weights(patients: NDArray[np.str_], size: int) -> list[Floats]:
    """The sample itself, then its replicates: how often each image counts."""
    drawn = PatientBootstrap(patients, 0, NUM_RESAMPLES)
    replicates = [
        times.astype(np.float64)
        for counts in drawn.chunks(NUM_RESAMPLES)
        for times in drawn.image_weights(counts).T
    ]
    return [np.ones(size), *replicates]


def _cumulative(
    weights: Floats, labels: NDArray[np.int8], last: NDArray[np.intp]
) -> tuple[Floats, Floats]:
    """Weights of positives and of negatives at or above each distinct score."""
    return np.cumsum(weights * labels)[last], np.cumsum(weights * (1 - labels))[last]


def _roc(found: Floats, false: Floats) -> Floats:
    if not found[-1] or not false[-1]:
        return np.full(len(GRID), np.nan)
    # Of several points above one another the highest counts: the step is climbed at once.
    rate = np.concatenate(([0.0], false / false[-1]))
    return np.interp(GRID, rate, np.concatenate(([0.0], found / found[-1])))


def _pr(found: Floats, false: Floats) -> Floats:
    if not found[-1]:
        return np.full(len(GRID), np.nan)
    reached = np.searchsorted(found / found[-1], GRID - 1e-12)
    called = found + false
    share = np.divide(found, called, out=np.full(len(found), np.nan), where=called > 0)
    return share[reached]


def _calibration(scores: Floats, labels: NDArray[np.int8], weights: list[Floats]) -> Band:
    bins = (np.arange(len(scores)) * NUM_BINS // len(scores))[::-1]
    means = np.bincount(bins, scores) / np.bincount(bins)
    shares: list[Floats] = []
    for each in weights:
        total = np.bincount(bins, each)
        positive = np.bincount(bins, each * labels)
        shares.append(np.divide(positive, total, out=np.full(len(total), np.nan), where=total > 0))
    return _band(means, shares)


def _band(x: Floats, values: list[Floats]) -> Band:
    intervals = [percentile_interval(column) for column in np.array(values[1:]).T]
    low, high = (
        np.array([np.nan if bound is None else bound for bound in bounds])
        for bounds in ([each.low for each in intervals], [each.high for each in intervals])
    )
    return Band(x, values[0], low, high)


@dataclass(frozen=True)
class AtThreshold:
    """What a threshold does.

    Args:
        counts: TP, FP, FN and TN.
        sensitivity: None where undefined, as the others.
        specificity: TN / (TN + FP).
        ppv: TP / (TP + FP).
        npv: TN / (TN + FN).
        alert_rate: (TP + FP) / N.
    """

    counts: Counts
    sensitivity: float | None
    specificity: float | None
    ppv: float | None
    npv: float | None
    alert_rate: float | None


def at_threshold(found: Explored, cut: float) -> AtThreshold:
    """The outcomes of calling every score at or above `cut` positive."""
    counts = counts_at(found.scores, found.labels, cut)
    return AtThreshold(
        counts,
        *(
            defined(measure(counts))
            for measure in (recall, specificity, precision, negative_predictive_value, alert_rate)
        ),
    )
