"""ROC and precision-recall curves with the operating point of the policy."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from dashboard.figures.layout import (
    LINE,
    UNRANKED_OPACITY,
    Figure,
    Panel,
    Trace,
    drawn,
    percents,
    titled,
)
from dashboard.figures.marks import Look, Mark, marked
from dashboard.typography import label_text

Row = dict[str, Any]
"""One row of the frame: polars types it no further."""

HEIGHT_PX = 380


@dataclass(frozen=True)
class Axes:
    """What one kind of curve shows.

    Args:
        x: Label of the horizontal axis.
        y: Label of the vertical axis.
        shape: How plotly joins the points.
    """

    x: str
    y: str
    shape: str


AXES: Mapping[str, Axes] = {
    "roc": Axes("1 − specificity, %", "Sensitivity, %", "linear"),
    "pr": Axes("Recall, %", "Precision, %", "vh"),
}
"""`roc` and `pr`; average precision is the area under the steps of the latter."""


def curve_figure(frame: pl.DataFrame, prevalence: float | None) -> Figure:
    """All runs' curves, a panel a row of `AXES`.

    Args:
        frame: Columns `CURVE` of `dashboard.queries.curves`.
        prevalence: Precision of a reader who guesses; None for no line.
    """
    return drawn([_panel(frame, kind, prevalence) for kind in AXES], HEIGHT_PX)


def _panel(frame: pl.DataFrame, kind: str, prevalence: float | None) -> Panel:
    axes = AXES[kind]
    guess: Trace = {
        "x": [0, 100],
        "y": [0, 100] if kind == "roc" else [100 * (prevalence or 0)] * 2,
        "mode": "lines",
        "line": {"color": LINE, "width": 1, "dash": "dot"},
        "hoverinfo": "skip",
    }
    rows = list(frame.filter(pl.col("kind") == kind).iter_rows(named=True))
    points = (_point(row) for row in rows if row["at_x"] is not None and row["at_y"] is not None)
    traces = [guess, *(_line(row, axes) for row in rows), *marked(points)]
    ends = {"range": [-1, 101]}
    return Panel(traces, titled(axes.x, **ends), titled(axes.y, **ends))


def _line(row: Row, axes: Axes) -> Trace:
    return {
        "x": percents(row["x"]),
        "y": percents(row["y"]),
        "mode": "lines",
        "line": {"color": row["colour"], "width": 1.8, "dash": row["dash"], "shape": axes.shape},
        "opacity": _opacity(row),
        "hovertemplate": f"{label_text(row['title'])}<br>{axes.x} %{{x:.1f}}<br>"
        f"{axes.y} %{{y:.1f}}<extra></extra>",
    }


def _point(row: Row) -> Mark:
    (x,), (y,) = percents([row["at_x"]]), percents([row["at_y"]])
    told = f"{label_text(row['title'])}<br>at the threshold: {x:.1f}, {y:.1f}"
    look = Look(row["colour"], row["colour"], _opacity(row), size_px=11)
    return Mark(x, y, row["symbol"], told, look)


def _opacity(row: Row) -> float:
    return 1.0 if row["is_ranked"] else UNRANKED_OPACITY
