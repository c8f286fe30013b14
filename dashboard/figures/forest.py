"""Runs with their intervals, one below the other."""

from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboard.figures.layout import AXIS, LINE, UNRANKED_OPACITY, quiet
from dashboard.typography import interval, label_text

ROW_HEIGHT_PX = 44
AXES_HEIGHT_PX = 66
CHANCE = 0.5

Row = dict[str, Any]
"""One row of the frame: polars types it no further."""


def forest(frame: pl.DataFrame, label: str, chance: float | None = None) -> go.Figure:
    """A forest plot.

    Args:
        frame: Columns `FOREST` of `dashboard.queries.forest`, top row first.
        label: Of the axis, with the unit.
        chance: Where a reader who guesses would stand, 0 to 1; None for no line.
    """
    figure = go.Figure()
    for place, row in enumerate(frame.iter_rows(named=True)):
        figure.add_trace(_interval(row, frame.height - 1 - place))
    if frame["at_home"].is_not_null().any():
        figure.add_trace(_home(frame))
    if chance is not None:
        figure.add_vline(x=100 * chance, line={"color": LINE, "width": 1, "dash": "dot"})
    places = list(range(frame.height))[::-1]
    figure.update_xaxes(**AXIS, title={"text": label, "standoff": 8})
    figure.update_yaxes(
        tickvals=places,
        ticktext=[_title(row) for row in frame.iter_rows(named=True)],
        range=[-0.6, frame.height - 0.4],
        showgrid=False,
        zeroline=False,
        fixedrange=True,
        ticksuffix="  ",
    )
    figure.update_layout(showlegend=False)
    return quiet(figure, AXES_HEIGHT_PX + ROW_HEIGHT_PX * frame.height)


def _title(row: Row) -> str:
    # Backbone above loss and tuning, so that narrow screens keep room for the numbers.
    text = label_text(row["title"]).replace(" · ", "<br>", 1)
    return text if row["is_ranked"] else f"<i>{text}</i>"


def _interval(row: Row, place: int) -> go.Scatter:
    bounds = interval(row["low"], row["high"])
    return go.Scatter(
        x=[None if row["value"] is None else 100 * row["value"]],
        y=[place],
        error_x=_arms(row) if bounds and row["value"] is not None else None,
        mode="markers",
        marker={
            "color": row["colour"],
            "symbol": row["symbol"],
            "size": 12,
            "line": {"color": row["colour"], "width": 2},
        },
        opacity=1.0 if row["is_ranked"] else UNRANKED_OPACITY,
        hovertemplate=f"{label_text(row['title'])}<br>%{{x:.1f}} [{bounds or '–'}]<extra></extra>",
    )


def _arms(row: Row) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": [100 * (row["high"] - row["value"])],
        "arrayminus": [100 * (row["value"] - row["low"])],
        "thickness": 1.6,
        "width": 0,
        "color": row["colour"],
    }


def _home(frame: pl.DataFrame) -> go.Scatter:
    places = [frame.height - 1 - place for place in range(frame.height)]
    return go.Scatter(
        x=(100 * frame["at_home"]).to_list(),
        y=places,
        mode="markers",
        marker={"symbol": "line-ns", "size": 15, "line": {"color": LINE, "width": 2}},
        hovertemplate="source test %{x:.1f}<extra></extra>",
    )
