"""Runs with their intervals, one below the other."""

from typing import Any

import polars as pl

from dashboard.figures.layout import (
    LINE,
    UNRANKED_OPACITY,
    Figure,
    Panel,
    Trace,
    drawn,
    rows_axis,
    titled,
    upright,
)
from dashboard.figures.marks import Look, Mark, marked
from dashboard.typography import decimal_interval, interval, label_text

ROW_HEIGHT_PX = 44
AXES_HEIGHT_PX = 66
CHANCE = 0.5

Row = dict[str, Any]
"""One row of the frame: polars types it no further."""


def forest(
    frame: pl.DataFrame, label: str, chance: float | None = None, factor: float = 100
) -> Figure:
    """A forest plot.

    Args:
        frame: Columns `FOREST` of `dashboard.queries.forest`, top row first.
        label: Of the axis, with the unit.
        chance: Where a reader who guesses would stand, 0 to 1; None for no line.
        factor: What values are multiplied by: 100 for per cent.
    """
    rows = list(frame.iter_rows(named=True))
    last = frame.height - 1
    traces = marked(_mark(row, last - place, factor) for place, row in enumerate(rows))
    if frame["at_home"].is_not_null().any():
        traces.append(_home(frame, factor))
    dotted = {"color": LINE, "width": 1, "dash": "dot"}
    return drawn(
        [Panel(traces, titled(label), rows_axis([_title(row) for row in rows]))],
        AXES_HEIGHT_PX + ROW_HEIGHT_PX * frame.height,
        [] if chance is None else [upright(factor * chance, dotted)],
    )


def _title(row: Row) -> str:
    # Backbone above loss and tuning, so that narrow screens keep room for the numbers.
    text = label_text(row["title"]).replace(" · ", "<br>", 1)
    return text if row["is_ranked"] else f"<i>{text}</i>"


def _mark(row: Row, place: int, factor: float) -> Mark:
    written, digits = (interval, 1) if factor == 100 else (decimal_interval, 2)
    value, low, high = row["value"], row["low"], row["high"]
    bounds = written(low, high)
    opacity = 1.0 if row["is_ranked"] else UNRANKED_OPACITY
    told = "–" if value is None else f"{factor * value:.{digits}f}"
    has_arms = bool(bounds) and value is not None
    return Mark(
        x=None if value is None else factor * value,
        y=place,
        symbol=row["symbol"],
        told=f"{label_text(row['title'])}<br>{told} [{bounds or '–'}]",
        look=Look(row["colour"], row["colour"], opacity, size_px=12, arms_px=1.6),
        arms=(factor * (value - low), factor * (high - value)) if has_arms else None,
    )


def _home(frame: pl.DataFrame, factor: float) -> Trace:
    return {
        "x": (factor * frame["at_home"]).to_list(),
        "y": [frame.height - 1 - place for place in range(frame.height)],
        "mode": "markers",
        "marker": {"symbol": "line-ns", "size": 15, "line": {"color": LINE, "width": 2}},
        "hovertemplate": "source test %{x:.1f}<extra></extra>",
    }
