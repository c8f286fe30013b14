"""ROC and precision-recall curves with the operating point of the policy."""

from collections.abc import Mapping
from dataclasses import dataclass

import plotly.graph_objects as go
import polars as pl

from dashboard.figures.layout import AXIS, LINE, UNRANKED_OPACITY, quiet
from dashboard.typography import label_text

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


def curve_figure(frame: pl.DataFrame, kind: str, prevalence: float | None) -> go.Figure:
    """All runs' curves of one kind.

    Args:
        frame: Columns `CURVE` of `dashboard.queries.curves`.
        kind: A row of `AXES`.
        prevalence: Precision of a reader who guesses; None for no line.
    """
    axes = AXES[kind]
    figure = go.Figure()
    guess = [0, 100] if kind == "roc" else [100 * (prevalence or 0)] * 2
    figure.add_scatter(
        x=[0, 100],
        y=guess,
        mode="lines",
        line={"color": LINE, "width": 1, "dash": "dot"},
        hoverinfo="skip",
        showlegend=False,
    )
    for row in frame.filter(pl.col("kind") == kind).iter_rows(named=True):
        _add_run(figure, row, axes)
    figure.update_xaxes(**AXIS, title={"text": axes.x, "standoff": 8}, range=[-1, 101])
    figure.update_yaxes(**AXIS, title={"text": axes.y, "standoff": 8}, range=[-1, 101])
    figure.update_layout(showlegend=False)
    return quiet(figure, HEIGHT_PX)


def _add_run(figure: go.Figure, row: Mapping[str, object], axes: Axes) -> None:
    title = label_text(str(row["title"]))
    figure.add_scatter(
        x=_percent(row["x"]),
        y=_percent(row["y"]),
        mode="lines",
        line={"color": row["colour"], "width": 1.8, "dash": row["dash"], "shape": axes.shape},
        opacity=1.0 if row["is_ranked"] else UNRANKED_OPACITY,
        hovertemplate=f"{title}<br>{axes.x} %{{x:.1f}}<br>{axes.y} %{{y:.1f}}<extra></extra>",
    )
    if row["at_x"] is not None and row["at_y"] is not None:
        figure.add_scatter(
            x=_percent([row["at_x"]]),
            y=_percent([row["at_y"]]),
            mode="markers",
            marker={
                "color": row["colour"],
                "symbol": row["symbol"],
                "size": 11,
                "line": {"color": row["colour"], "width": 2},
            },
            opacity=1.0 if row["is_ranked"] else UNRANKED_OPACITY,
            hovertemplate=f"{title}<br>at the threshold: %{{x:.1f}}, %{{y:.1f}}<extra></extra>",
        )


def _percent(values: object) -> list[float]:
    assert isinstance(values, list)
    return [100 * value for value in values]
