"""ROC and precision-recall curves, thinned to what a screen can show."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.errors import CxrError
from core.findings import Finding
from core.metrics.operating import counts_at, precision, recall, specificity
from core.store.data import DataStore
from core.store.results import ResultStore
from core.tables import PREDICTIONS
from dashboard.queries.breakdown import may_be_ranked
from dashboard.queries.cells import Place
from dashboard.queries.reading import AnyRun, Broken, indexed_at, version
from dashboard.queries.scores import Scored, scored, threshold
from dashboard.stores import Stores

MAX_POINTS = 200

Line = NDArray[np.float64]
"""float64 [K, 2]: x and y of a curve's points, 0 to 1."""

CURVE = pl.Schema(
    {
        "run_id": pl.String,
        "title": pl.String,
        "colour": pl.String,
        "symbol": pl.String,
        "dash": pl.String,
        "is_ranked": pl.Boolean,
        "kind": pl.String,
        "x": pl.List(pl.Float64),
        "y": pl.List(pl.Float64),
        "at_x": pl.Float64,
        "at_y": pl.Float64,
    }
)
"""One row a run and kind (`roc`, `pr`): the line, and the operating point of the policy."""


@dataclass(frozen=True)
class Curves:
    """The curves of one finding.

    Args:
        frame: Columns `CURVE`.
        prevalence: Share of positives among the images of the first run; None without any.
        broken: Runs whose scores cannot be read.
    """

    frame: pl.DataFrame
    prevalence: float | None
    broken: tuple[Broken, ...]


def curves(stores: Stores, runs: Sequence[AnyRun], where: Place, finding: Finding) -> Curves:
    """The curves of every run that scores both classes of a finding."""
    rows: list[dict[str, object]] = []
    broken: list[Broken] = []
    shares: list[float] = []
    for run in runs:
        try:
            found = _lines(stores, run.run_id, where, finding)
            cut = threshold(stores, run.run_id, where, finding)
        except CxrError as error:
            broken.append(Broken(run.run_id, str(error)))
            continue
        if found:
            rows += _rows(run, found, cut, where)
            shares.append(float(found.pairs.labels.mean()))
    return Curves(pl.DataFrame(rows, CURVE), shares[0] if shares else None, tuple(broken))


@dataclass(frozen=True, eq=False)
class Lines:
    """The curves of one run.

    Args:
        pairs: Scores and labels, of both classes.
        roc: float64 [K, 2], thinned.
        pr: float64 [K, 2], thinned.
    """

    pairs: Scored
    roc: Line
    pr: Line


def _lines(stores: Stores, run_id: str, where: Place, finding: Finding) -> Lines | None:
    state = (version(stores, run_id, PREDICTIONS, where.dataset), indexed_at(stores, where.dataset))
    return _kept_lines(stores.data.root, stores.results.root, run_id, where, finding, state)


@lru_cache(maxsize=128)
def _kept_lines(
    data: Path,
    results: Path,
    run_id: str,
    where: Place,
    finding: Finding,
    state: tuple[str, int],
) -> Lines | None:
    del state
    pairs = scored(Stores(DataStore(data), ResultStore(results)), run_id, where, finding)
    if not 0 < pairs.labels.sum() < len(pairs.labels):
        return None
    return Lines(pairs, thinned(roc(pairs)), thinned(precision_recall(pairs)))


def roc(pairs: Scored) -> Line:
    """False positive rate and sensitivity at every distinct score, from (0, 0) to (1, 1)."""
    found, false = _cumulative(pairs)
    line = np.stack((false / false[-1], found / found[-1]), axis=1)
    return np.vstack(([0.0, 0.0], line))


def precision_recall(pairs: Scored) -> Line:
    """Recall and precision at every distinct score, by rising recall, from recall 0."""
    found, false = _cumulative(pairs)
    line = np.stack((found / found[-1], found / (found + false)), axis=1)
    return np.vstack(([0.0, line[0, 1]], line))


def thinned(line: Line, max_points: int = MAX_POINTS) -> Line:
    """At most `max_points` of the points, spread evenly along the line, ends kept."""
    if len(line) <= max_points:
        return line
    steps = np.abs(np.diff(line, axis=0)).sum(axis=1)
    along = np.concatenate(([0.0], np.cumsum(steps)))
    chosen = np.searchsorted(along, np.linspace(0, along[-1], max_points - 1))
    return line[np.unique(np.append(chosen, len(line) - 1))]


def _cumulative(pairs: Scored) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    order = np.argsort(-pairs.scores, kind="stable")
    scores, labels = pairs.scores[order], pairs.labels[order]
    last_of_tie = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    found = np.cumsum(labels == 1)[last_of_tie].astype(np.float64)
    return found, last_of_tie + 1 - found


def _rows(run: AnyRun, found: Lines, cut: float | None, where: Place) -> list[dict[str, object]]:
    look = run.look
    at = None if cut is None else counts_at(found.pairs.scores, found.pairs.labels, cut)
    points: dict[str, tuple[float | None, float | None]] = {"roc": (None, None), "pr": (None, None)}
    if at is not None:
        points["roc"] = (1 - float(specificity(at)), float(recall(at)))
        if float(at.alerts) > 0:
            points["pr"] = (float(recall(at)), float(precision(at)))
    lines = {"roc": found.roc, "pr": found.pr}
    return [
        {
            "run_id": run.run_id,
            "title": look.title,
            "colour": look.colour,
            "symbol": look.symbol,
            "dash": look.dash,
            "is_ranked": may_be_ranked(run, where),
            "kind": kind,
            "x": line[:, 0].tolist(),
            "y": line[:, 1].tolist(),
            "at_x": points[kind][0],
            "at_y": points[kind][1],
        }
        for kind, line in lines.items()
    ]
