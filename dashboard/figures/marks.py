"""Values with their intervals, as few traces as looks: a browser takes long over each trace."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dashboard.figures.layout import Trace


@dataclass(frozen=True)
class Look:
    """What the marks of one trace share.

    Args:
        colour: Of the mark.
        arms: Colour of the interval.
        opacity: Of both, 0 to 1.
        size_px: Of the mark.
        arms_px: Width of the interval's line.
    """

    colour: str
    arms: str
    opacity: float = 1.0
    size_px: int = 9
    arms_px: float = 1.0


@dataclass(frozen=True)
class Mark:
    """A value, in the units of its axes.

    Args:
        x: Where it stands; None is not drawn.
        y: Likewise.
        symbol: Its shape, by plotly's name.
        told: What is said of it under the pointer.
        look: Everything else.
        arms: How far its interval reaches below and above it; None is not drawn.
    """

    x: float | None
    y: float
    symbol: str
    told: str
    look: Look
    arms: tuple[float, float] | None = None


def marked(marks: Iterable[Mark]) -> list[Trace]:
    """One trace for all marks that look alike."""
    alike: dict[tuple[Look, bool], list[Mark]] = {}
    for mark in marks:
        alike.setdefault((mark.look, mark.arms is not None), []).append(mark)
    return [_trace(look, found) for (look, _), found in alike.items()]


def _trace(look: Look, marks: Sequence[Mark]) -> Trace:
    trace: Trace = {
        "x": [mark.x for mark in marks],
        "y": [mark.y for mark in marks],
        "text": [mark.told for mark in marks],
        "mode": "markers",
        "marker": {
            "color": look.colour,
            "symbol": [mark.symbol for mark in marks],
            "size": look.size_px,
            "line": {"color": look.colour, "width": 2},
        },
        "opacity": look.opacity,
        "hovertemplate": "%{text}<extra></extra>",
    }
    arms = [mark.arms for mark in marks if mark.arms]
    if arms:
        trace["error_x"] = {
            "type": "data",
            "symmetric": False,
            "array": [above for _, above in arms],
            "arrayminus": [below for below, _ in arms],
            "thickness": look.arms_px,
            "width": 0,
            "color": look.arms,
        }
    return trace
