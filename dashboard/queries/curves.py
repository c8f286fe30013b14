"""ROC and precision-recall curves, thinned to what a screen can show."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.errors import CxrError
from core.findings import Finding
from core.metrics.operating import counts_at, precision, recall, specificity
from dashboard.queries.cells import Place
from dashboard.queries.reading import Broken, Run
from dashboard.queries.scores import Scored, scored, threshold
from dashboard.stores import Stores
from dashboard.tokens import token

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


def curves(stores: Stores, runs: Sequence[Run], where: Place, finding: Finding) -> Curves:
    """The curves of every run that scores both classes of a finding."""
    rows: list[dict[str, object]] = []
    broken: list[Broken] = []
    shares: list[float] = []
    for run in runs:
        try:
            pairs = scored(stores, run.run_id, where, finding)
            cut = threshold(stores, run.run_id, where, finding)
        except CxrError as error:
            broken.append(Broken(run.run_id, str(error)))
            continue
        if 0 < pairs.labels.sum() < len(pairs.labels):
            rows += _rows(run, pairs, cut)
            shares.append(float(pairs.labels.mean()))
    return Curves(pl.DataFrame(rows, CURVE), shares[0] if shares else None, tuple(broken))


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


def _rows(run: Run, pairs: Scored, cut: float | None) -> list[dict[str, object]]:
    look = token(run.record.spec)
    at = None if cut is None else counts_at(pairs.scores, pairs.labels, cut)
    points: dict[str, tuple[float | None, float | None]] = {"roc": (None, None), "pr": (None, None)}
    if at is not None:
        points["roc"] = (1 - float(specificity(at)), float(recall(at)))
        if float(at.alerts) > 0:
            points["pr"] = (float(recall(at)), float(precision(at)))
    lines = {"roc": thinned(roc(pairs)), "pr": thinned(precision_recall(pairs))}
    return [
        {
            "run_id": run.run_id,
            "title": look.title,
            "colour": look.colour,
            "symbol": look.symbol,
            "dash": look.dash,
            "is_ranked": run.record.ranked,
            "kind": kind,
            "x": line[:, 0].tolist(),
            "y": line[:, 1].tolist(),
            "at_x": points[kind][0],
            "at_y": points[kind][1],
        }
        for kind, line in lines.items()
    ]
