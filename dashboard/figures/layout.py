"""What every figure shares: quiet axes, no toolbar, no title of its own."""

from collections.abc import Mapping
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


def quiet(figure: go.Figure, height_px: int) -> go.Figure:
    """`figure` with the shared layout.

    Args:
        figure: Changed in place.
        height_px: Its height.
    """
    figure.update_layout(
        height=height_px,
        margin={"l": 8, "r": 12, "t": 8, "b": 8},
        hoverlabel={"align": "left"},
        legend={"orientation": "h", "y": -0.2, "x": 0, "title": None},
        dragmode=False,
    )
    return figure
