"""Each finding at home and in the other hospital, joined by a line."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from dashboard.figures.layout import LINE, Figure, Panel, Trace, drawn, rows_axis, titled, upright
from dashboard.figures.marks import Look, Mark, marked
from dashboard.queries.cells import Cell
from dashboard.queries.shift import Shifted
from dashboard.tokens import BLUE, ORANGE
from dashboard.typography import interval, name, percent

ROW_HEIGHT_PX = 34
AXES_HEIGHT_PX = 66
CHANCE_PERCENT = 50
APART = 0.12
"""Of a row's height: so far above its middle stands the source, and below it the target."""


def slopes(rows: Sequence[Shifted], label: str) -> Figure:
    """A dumbbell a finding: hollow on source test, filled on the target, with intervals.

    Args:
        rows: Findings that are scored on both sides, top row first.
        label: Of the axis, with the unit.
    """
    pairs = [
        (row.home, row.away, place)
        for place, row in enumerate(reversed(rows))
        if row.home and row.away
    ]
    marks = chain.from_iterable(_ends(*pair) for pair in pairs)
    traces = [*_lines(pairs), *marked(marks)]
    chance = upright(CHANCE_PERCENT, {"color": LINE, "width": 1, "dash": "dot"})
    height_px = AXES_HEIGHT_PX + ROW_HEIGHT_PX * len(rows)
    names = [name(row.finding) for row in rows]
    return drawn([Panel(traces, titled(label), rows_axis(names))], height_px, [chance])


def _lines(pairs: Iterable[tuple[Cell, Cell, int]]) -> list[Trace]:
    """One trace a colour, its lines parted by gaps."""
    points: dict[str, tuple[list[float | None], list[float | None]]] = {}
    for home, away, place in pairs:
        x, y = points.setdefault(_colour(home, away), ([], []))
        x += [100 * _value(home), 100 * _value(away), None]
        y += [place + APART, place - APART, None]
    return [
        {
            "x": x,
            "y": y,
            "mode": "lines",
            "line": {"color": colour, "width": 2},
            "hoverinfo": "skip",
        }
        for colour, (x, y) in points.items()
    ]


def _ends(home: Cell, away: Cell, place: int) -> Iterator[Mark]:
    look = Look(_colour(home, away), LINE)
    yield _mark(home, place + APART, "circle-open", "source test", look)
    yield _mark(away, place - APART, "circle", "target", look)


def _mark(cell: Cell, y: float, symbol: str, side: str, look: Look) -> Mark:
    value, low, high = _value(cell), cell.low, cell.high
    bounds = interval(low, high)
    return Mark(
        x=100 * value,
        y=y,
        symbol=symbol,
        told=f"{side} {percent(value)} [{bounds or '–'}]",
        look=look,
        arms=None if low is None or high is None else (100 * (value - low), 100 * (high - value)),
    )


def _colour(home: Cell, away: Cell) -> str:
    return ORANGE if _value(away) < _value(home) else BLUE


def _value(cell: Cell) -> float:
    assert cell.value is not None
    return cell.value
