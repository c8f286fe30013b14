"""Each finding at home and in the other hospital, joined by a line."""

from collections.abc import Iterator, Sequence

import plotly.graph_objects as go

from dashboard.figures.layout import LINE, Trace, arms, drawn, rows_axis, titled, upright
from dashboard.queries.cells import Cell
from dashboard.queries.shift import Shifted
from dashboard.tokens import BLUE, ORANGE
from dashboard.typography import interval, name, percent

ROW_HEIGHT_PX = 34
AXES_HEIGHT_PX = 66
CHANCE_PERCENT = 50


def slopes(rows: Sequence[Shifted], label: str) -> go.Figure:
    """A dumbbell a finding: hollow on source test, filled on the target, with intervals.

    Args:
        rows: Findings that are scored on both sides, top row first.
        label: Of the axis, with the unit.
    """
    traces = [
        trace
        for place, row in enumerate(reversed(rows))
        if row.home and row.away
        for trace in _of_row(row.home, row.away, place)
    ]
    chance = upright(CHANCE_PERCENT, {"color": LINE, "width": 1, "dash": "dot"})
    height_px = AXES_HEIGHT_PX + ROW_HEIGHT_PX * len(rows)
    names = [name(row.finding) for row in rows]
    return drawn(traces, titled(label), rows_axis(names), height_px, [chance])


def _of_row(home: Cell, away: Cell, place: int) -> Iterator[Trace]:
    assert home.value is not None
    assert away.value is not None
    colour = ORANGE if away.value < home.value else BLUE
    yield {
        "x": [100 * home.value, 100 * away.value],
        "y": [place + 0.12, place - 0.12],
        "mode": "lines",
        "line": {"color": colour, "width": 2},
        "hoverinfo": "skip",
    }
    yield _mark(home, place + 0.12, "circle-open", "source test", colour)
    yield _mark(away, place - 0.12, "circle", "target", colour)


def _mark(cell: Cell, y: float, symbol: str, side: str, colour: str) -> Trace:
    assert cell.value is not None
    bounds = interval(cell.low, cell.high)
    mark: Trace = {
        "x": [100 * cell.value],
        "y": [y],
        "mode": "markers",
        "marker": {
            "color": colour,
            "symbol": symbol,
            "size": 9,
            "line": {"color": colour, "width": 2},
        },
        "hovertemplate": f"{side} {percent(cell.value)} [{bounds or '–'}]<extra></extra>",
    }
    if cell.low is not None and cell.high is not None:
        mark["error_x"] = arms(cell.value, cell.low, cell.high, LINE, 1)
    return mark
