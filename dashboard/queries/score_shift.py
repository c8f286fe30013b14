"""How prevalence and scores move from source test to target, and how well either is calibrated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.findings import FINDINGS, Finding
from core.store.data import DataStore
from core.store.results import ResultStore
from core.tables import PREDICTIONS
from dashboard.queries.cells import EVERYBODY, Cell, Place, as_cell
from dashboard.queries.parts import scores
from dashboard.queries.reading import AnyRun, indexed_at, version
from dashboard.queries.scores import Scored, labels_at
from dashboard.queries.shift import at_home
from dashboard.stores import Stores

NUM_BINS = 10
CORRECTED = "prior-shift:"
"""How weightings begin whose probabilities were moved to the target's prevalence."""

PROBABILITY = (
    "expected_calibration_error",
    "calibration_slope",
    "calibration_intercept",
    "brier",
    "log_loss",
)


@dataclass(frozen=True, eq=False)
class Sides:
    """One finding's labelled images on both sides.

    Args:
        finding: Which.
        home: On the source's test split.
        away: On the target.
        distance: Largest gap between the two distributions of scores, 0 to 1.
    """

    finding: Finding
    home: Scored
    away: Scored
    distance: float


def sides(stores: Stores, run: AnyRun, where: Place) -> tuple[Sides, ...]:
    """The findings that have labels and scores on both sides.

    Returns:
        Nothing where one of the two data sets is not in the data store.

    Raises:
        CxrError: If a data set or the predictions cannot be read.
    """
    places = (at_home(run, where), where)
    if not {place.dataset for place in places} <= {*stores.data.names()}:
        return ()
    state = tuple(
        (version(stores, run.run_id, PREDICTIONS, place.dataset), indexed_at(stores, place.dataset))
        for place in places
    )
    return _sides(stores.data.root, stores.results.root, run.run_id, places, state)


@lru_cache(maxsize=16)
def _sides(
    data: Path,
    results: Path,
    run_id: str,
    places: tuple[Place, Place],
    state: tuple[tuple[str, int], ...],
) -> tuple[Sides, ...]:
    del state
    stores = Stores(DataStore(data), ResultStore(results))
    found: list[Sides] = []
    for finding in FINDINGS:
        home, away = (_scored(stores, run_id, place, finding) for place in places)
        if len(home.labels) and len(away.labels):
            found.append(Sides(finding, home, away, distance(home.scores, away.scores)))
    return tuple(found)


def _scored(stores: Stores, run_id: str, place: Place, finding: Finding) -> Scored:
    labels = labels_at(stores, place).select("image_id", pl.col(finding).alias("label"))
    pairs = labels.join(scores(stores.results, run_id, place.dataset, finding), on="image_id")
    known = pairs.drop_nulls()
    return Scored(known["score"].to_numpy(), known["label"].to_numpy())


def distance(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """The largest gap between two distributions, by Kolmogorov and Smirnov: 0 alike, 1 apart."""
    points = np.concatenate((one, other))
    shares = [np.searchsorted(np.sort(each), points, "right") / len(each) for each in (one, other)]
    return float(np.abs(shares[0] - shares[1]).max())


def reliability(pairs: Scored) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean score and share of positives in bins of equally many images, by rising score."""
    order = np.argsort(pairs.scores, kind="stable")
    bins = np.array_split(order, min(NUM_BINS, len(order)))
    return (
        np.array([pairs.scores[each].mean() for each in bins], np.float64),
        np.array([pairs.labels[each].mean() for each in bins], np.float64),
    )


def corrected(run: AnyRun, where: Place) -> Mapping[str, Mapping[str, Cell]]:
    """Macro averages at the target's prevalence: weighting → metric → number."""
    rows = run.metrics.filter(
        pl.col("weighting").str.starts_with(CORRECTED),
        pl.col("metric").is_in(PROBABILITY),
        dataset=where.dataset,
        split=where.split,
        subgroup=EVERYBODY,
        finding="macro",
    )
    found: dict[str, dict[str, Cell]] = {}
    for row in rows.iter_rows(named=True):
        found.setdefault(row["weighting"], {})[row["metric"]] = as_cell(row)
    return found


def mean(values: Sequence[float] | NDArray[np.number]) -> float:
    """The mean of labels or scores, 0 to 1."""
    return float(np.mean(values))
