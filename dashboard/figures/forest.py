"""Runs with their intervals, one below the other."""

from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboard.figures.layout import (
    LINE,
    UNRANKED_OPACITY,
    Trace,
    arms,
    drawn,
    rows_axis,
    titled,
    upright,
)
from dashboard.typography import decimal_interval, interval, label_text

ROW_HEIGHT_PX = 44
AXES_HEIGHT_PX = 66
CHANCE = 0.5

Row = dict[str, Any]
"""One row of the frame: polars types it no further."""


def forest(
    frame: pl.DataFrame, label: str, chance: float | None = None, factor: float = 100
) -> go.Figure:
    """A forest plot.

    Args:
        frame: Columns `FOREST` of `dashboard.queries.forest`, top row first.
        label: Of the axis, with the unit.
        chance: Where a reader who guesses would stand, 0 to 1; None for no line.
        factor: What values are multiplied by: 100 for per cent.
    """
    rows = list(frame.iter_rows(named=True))
    traces = [_interval(row, frame.height - 1 - place, factor) for place, row in enumerate(rows)]
    if frame["at_home"].is_not_null().any():
        traces.append(_home(frame, factor))
    dotted = {"color": LINE, "width": 1, "dash": "dot"}
    return drawn(
        traces,
        titled(label),
        rows_axis([_title(row) for row in rows]),
        AXES_HEIGHT_PX + ROW_HEIGHT_PX * frame.height,
        [] if chance is None else [upright(factor * chance, dotted)],
    )


def _title(row: Row) -> str:
    # Backbone above loss and tuning, so that narrow screens keep room for the numbers.
    text = label_text(row["title"]).replace(" · ", "<br>", 1)
    return text if row["is_ranked"] else f"<i>{text}</i>"


def _interval(row: Row, place: int, factor: float) -> Trace:
    written = interval if factor == 100 else decimal_interval
    digits = 1 if factor == 100 else 2
    bounds = written(row["low"], row["high"])
    value, colour = row["value"], row["colour"]
    title = label_text(row["title"])
    mark: Trace = {
        "x": [None if value is None else factor * value],
        "y": [place],
        "mode": "markers",
        "marker": {
            "color": colour,
            "symbol": row["symbol"],
            "size": 12,
            "line": {"color": colour, "width": 2},
        },
        "opacity": 1.0 if row["is_ranked"] else UNRANKED_OPACITY,
        "hovertemplate": f"{title}<br>%{{x:.{digits}f}} [{bounds or '–'}]<extra></extra>",
    }
    if bounds and value is not None:
        mark["error_x"] = arms(value, row["low"], row["high"], colour, 1.6, factor)
    return mark


def _home(frame: pl.DataFrame, factor: float) -> Trace:
    return {
        "x": (factor * frame["at_home"]).to_list(),
        "y": [frame.height - 1 - place for place in range(frame.height)],
        "mode": "markers",
        "marker": {"symbol": "line-ns", "size": 15, "line": {"color": LINE, "width": 2}},
        "hovertemplate": "source test %{x:.1f}<extra></extra>",
    }
