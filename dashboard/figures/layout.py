"""What every figure shares: quiet axes, no toolbar, no title of its own."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

CONFIG: Mapping[str, object] = {
    "displaylogo": False,
    "modeBarButtons": [["toImage"]],
    "scrollZoom": False,
    "toImageButtonOptions": {"format": "png", "scale": 3, "filename": "cxr-bench"},
}
"""Settings of the viewer: the only button, seen under the pointer, saves the figure as PNG."""

AXIS: Mapping[str, Any] = {
    "showgrid": True,
    "gridcolor": "rgba(128,136,144,0.22)",
    "zeroline": False,
    "ticks": "",
    "fixedrange": True,
}
LINE = "rgba(128,136,144,0.75)"
"""Of reference lines; seen on light and on dark."""

UNRANKED_OPACITY = 0.6
"""Runs that are shown and not ranked stand back."""


Trace = dict[str, Any]
"""One mark or line, as plotly's schema has it."""


def drawn(
    traces: Sequence[Trace],
    x: Mapping[str, object],
    y: Mapping[str, object],
    height_px: int,
    uprights: Sequence[Trace] = (),
    has_legend: bool = False,
) -> go.Figure:
    """A figure with the shared layout, made at once: plotly takes long over each later change.

    Args:
        traces: From the back to the front.
        x: Of the horizontal axis, beyond `AXIS`.
        y: Of the vertical axis, likewise.
        height_px: Its height.
        uprights: Lines over the whole height, as `upright` makes them.
        has_legend: Whether traces are named below.
    """
    layout = {
        "xaxis": {**AXIS, **x},
        "yaxis": {**AXIS, **y},
        "shapes": list(uprights),
        "showlegend": has_legend,
        "height": height_px,
        "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
        "hoverlabel": {"align": "left"},
        "legend": {"orientation": "h", "y": -0.2, "x": 0, "title": {"text": ""}},
        "dragmode": False,
    }
    return go.Figure(data=[{"type": "scatter", **trace} for trace in traces], layout=layout)


def titled(label: str, **more: object) -> Trace:
    """An axis with a label."""
    return {"title": {"text": label, "standoff": 8}, **more}


def upright(x: float, line: Mapping[str, object]) -> Trace:
    """A vertical line over the whole height."""
    ends = {"x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "y domain"}
    return {"type": "line", "line": dict(line), **ends}


def rows_axis(names: Sequence[str]) -> Trace:
    """A vertical axis whose places are named, the first one on top."""
    return {
        "tickvals": list(range(len(names)))[::-1],
        "ticktext": list(names),
        "range": [-0.6, len(names) - 0.4],
        "showgrid": False,
        "ticksuffix": "  ",
    }
