"""What every figure shares: quiet axes, no toolbar, no title of its own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
    "ticklabeloverflow": "allow",
    "automargin": False,
}
"""Margins are fixed: where labels move them, a browser draws every figure twice."""

LINE = "rgba(128,136,144,0.75)"
"""Of reference lines; seen on light and on dark."""

GAP = 0.36
"""Between panels, as a share of an even division of the width: room for the next one's axis."""

UNRANKED_OPACITY = 0.6
"""Runs that are shown and not ranked stand back."""


Trace = dict[str, Any]
"""One mark or line, as plotly's schema has it."""

Figure = dict[str, Any]
"""A figure's `data` and `layout`, likewise; plotly checks it where it is shown."""


@dataclass(frozen=True)
class Panel:
    """What is drawn between one pair of axes.

    Args:
        traces: From the back to the front.
        x: Of the horizontal axis, beyond `AXIS`.
        y: Of the vertical axis, likewise.
    """

    traces: Sequence[Trace]
    x: Mapping[str, object]
    y: Mapping[str, object]


def drawn(
    panels: Sequence[Panel],
    height_px: int,
    uprights: Sequence[Trace] = (),
    has_legend: bool = False,
) -> Figure:
    """A figure with the shared layout.

    A browser takes long over each figure, so that panels side by side are one.

    Args:
        panels: From left to right, equally wide.
        height_px: Its height.
        uprights: Lines over the whole height of the first panel, as `upright` makes them.
        has_legend: Whether traces are named below.
    """
    names = any("ticktext" in panel.y for panel in panels)
    layout = {
        **_axes(panels),
        "shapes": list(uprights),
        "showlegend": has_legend,
        "height": height_px,
        "margin": {"l": 8 if names else 60, "r": 12, "t": 8, "b": 76 if has_legend else 52},
        "hoverlabel": {"align": "left"},
        "legend": {"orientation": "h", "y": -0.2, "x": 0, "title": {"text": ""}},
        "dragmode": False,
    }
    data = [
        {"type": "scatter", "xaxis": f"x{number}", "yaxis": f"y{number}", **trace}
        for number, panel in zip(_numbers(panels), panels, strict=True)
        for trace in panel.traces
    ]
    return {"data": data, "layout": layout}


def _axes(panels: Sequence[Panel]) -> Trace:
    gap = GAP / len(panels)
    width = (1 - gap * (len(panels) - 1)) / len(panels)
    axes: Trace = {}
    for place, (number, panel) in enumerate(zip(_numbers(panels), panels, strict=True)):
        start = place * (width + gap)
        across = {"domain": [start, start + width], "anchor": f"y{number}"}
        axes[f"xaxis{number}"] = {**AXIS, **across, **panel.x}
        axes[f"yaxis{number}"] = {**AXIS, "anchor": f"x{number}", **panel.y}
    return axes


def _numbers(panels: Sequence[Panel]) -> list[str]:
    """What plotly adds to the names of each panel's axes."""
    return ["", *(str(place) for place in range(2, len(panels) + 1))]


def percents(values: Iterable[float]) -> list[float]:
    """Shares as per cent, to a thousandth of a point: less than a screen shows."""
    return [round(100 * float(value), 3) for value in values]


def titled(label: str, **more: object) -> Trace:
    """An axis with a label."""
    return {"title": {"text": label, "standoff": 11}, **more}


def upright(x: float, line: Mapping[str, object]) -> Trace:
    """A vertical line over the whole height."""
    ends = {"x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "y domain"}
    return {"type": "line", "line": dict(line), **ends}


def rows_axis(names: Sequence[str]) -> Trace:
    """A vertical axis whose places are named, the first one on top; it takes the room they need."""
    return {
        "tickvals": list(range(len(names)))[::-1],
        "ticktext": list(names),
        "range": [-0.6, len(names) - 0.4],
        "automargin": True,
        "showgrid": False,
        "ticksuffix": "  ",
    }
