"""Each finding at home and in the other hospital, joined by a line."""

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboard.figures.layout import AXIS, LINE, quiet
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
    figure = go.Figure()
    for place, row in enumerate(reversed(rows)):
        if row.home and row.away:
            _add_row(figure, row.home, row.away, place)
    figure.add_vline(x=CHANCE_PERCENT, line={"color": LINE, "width": 1, "dash": "dot"})
    figure.update_xaxes(**AXIS, title={"text": label, "standoff": 8})
    figure.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=[name(row.finding) for row in reversed(rows)],
        range=[-0.6, len(rows) - 0.4],
        showgrid=False,
        zeroline=False,
        fixedrange=True,
        ticksuffix="  ",
    )
    figure.update_layout(showlegend=False)
    return quiet(figure, AXES_HEIGHT_PX + ROW_HEIGHT_PX * len(rows))


def _add_row(figure: go.Figure, home: Cell, away: Cell, place: int) -> None:
    assert home.value is not None
    assert away.value is not None
    colour = ORANGE if away.value < home.value else BLUE
    figure.add_scatter(
        x=[100 * home.value, 100 * away.value],
        y=[place + 0.12, place - 0.12],
        mode="lines",
        line={"color": colour, "width": 2},
        hoverinfo="skip",
    )
    for cell, y, symbol, side in (
        (home, place + 0.12, "circle-open", "source test"),
        (away, place - 0.12, "circle", "target"),
    ):
        figure.add_trace(_mark(cell, y, symbol, side, colour))


def _mark(cell: Cell, y: float, symbol: str, side: str, colour: str) -> go.Scatter:
    assert cell.value is not None
    bounds = interval(cell.low, cell.high)
    arms = None
    if cell.low is not None and cell.high is not None:
        arms = {
            "type": "data",
            "symmetric": False,
            "array": [100 * (cell.high - cell.value)],
            "arrayminus": [100 * (cell.value - cell.low)],
            "thickness": 1,
            "width": 0,
            "color": LINE,
        }
    return go.Scatter(
        x=[100 * cell.value],
        y=[y],
        error_x=arms,
        mode="markers",
        marker={
            "color": colour,
            "symbol": symbol,
            "size": 9,
            "line": {"color": colour, "width": 2},
        },
        hovertemplate=f"{side} {percent(cell.value)} [{bounds or '–'}]<extra></extra>",
    )
