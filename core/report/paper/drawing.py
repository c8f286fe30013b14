"""Forest plots as lines, dots and words, and those as SVG or as a LaTeX picture."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Literal

from core.report.paper.blocks import Bar, Forest
from core.written import written

LETTER, PLOT_WIDTH, VALUE_WIDTH, ROW, MARGIN, FOOT = 7.25, 260, 160, 20, 8, 40
"""In pixels (SVG) or units of 0.62 points (LaTeX); a letter as wide fonts write it, on average."""

MAX_LABEL_LETTERS = 40
STEPS = (0.5, 1, 2, 5, 10, 20, 50)
"""Between the ticks of an axis, in per cent; the narrowest that leaves six ticks or fewer."""


@dataclass(frozen=True)
class Line:
    """A horizontal or vertical line; (0, 0) is the top left, y runs downwards."""

    x: float
    y: float
    width: float
    height: float
    is_dashed: bool = False


@dataclass(frozen=True)
class Dot:
    """A circle, filled or hollow."""

    x: float
    y: float
    is_filled: bool


@dataclass(frozen=True)
class Word:
    """Text at the height of its middle."""

    x: float
    y: float
    text: str
    anchor: Literal["start", "middle", "end"] = "start"


Mark = Line | Dot | Word


def size(forest: Forest) -> tuple[float, float]:
    """Width and height of a plot."""
    return (
        _label_width(forest) + PLOT_WIDTH + VALUE_WIDTH + 3 * MARGIN,
        MARGIN + ROW * len(forest.bars) + FOOT,
    )


def marks(forest: Forest) -> Iterator[Mark]:
    """The lines, dots and words of a forest plot.

    Raises:
        ValueError: If it has no bar.
    """
    if not forest.bars:
        raise ValueError(f"Expected a forest plot with bars, got {forest.name!r} without one")
    ticks = _ticks(forest)
    left, bottom = _label_width(forest) + MARGIN, MARGIN + ROW * len(forest.bars)

    def across(value: float) -> float:
        return left + PLOT_WIDTH * (value - ticks[0]) / (ticks[-1] - ticks[0])

    yield Line(left, bottom, PLOT_WIDTH, 0)
    for tick in ticks:
        yield Line(across(tick), bottom, 0, 4)
        yield Word(across(tick), bottom + 12, written(tick, "g"), "middle")
    yield Word(left + PLOT_WIDTH / 2, bottom + 28, forest.axis, "middle")
    if forest.reference is not None:
        yield Line(across(forest.reference), MARGIN, 0, bottom - MARGIN, is_dashed=True)
    for place, bar in enumerate(forest.bars):
        yield from _row(bar, left, MARGIN + ROW * (place + 0.5), across)


def _row(bar: Bar, left: float, y: float, across: Callable[[float], float]) -> Iterator[Mark]:
    yield Word(left - MARGIN, y, _short(bar.label), "end")
    shown = written(bar.value, ".1f")
    if bar.low is not None and bar.high is not None:
        yield Line(across(bar.low), y, across(bar.high) - across(bar.low), 0)
        shown += f" ({written(bar.low, '.1f')} to {written(bar.high, '.1f')})"
    yield Dot(across(bar.value), y, bar.is_filled)
    yield Word(left + PLOT_WIDTH + MARGIN, y, shown)


def _label_width(forest: Forest) -> float:
    return LETTER * max((len(_short(bar.label)) for bar in forest.bars), default=0)


def _short(label: str) -> str:
    return label if len(label) <= MAX_LABEL_LETTERS else f"{label[: MAX_LABEL_LETTERS - 1]}…"


def _ticks(forest: Forest) -> list[float]:
    """Round numbers around everything that is drawn; two at least."""
    ends = [end for bar in forest.bars for end in (bar.low, bar.value, bar.high)]
    drawn = [end for end in (*ends, forest.reference) if end is not None]
    low, high = min(drawn), max(drawn)
    step = next((each for each in STEPS if (high - low) / each <= 5), STEPS[-1])
    first = low // step * step
    count = max(2, int(-((first - high) // step)) + 1)
    return [first + step * place for place in range(count)]


def svg(forest: Forest) -> str:
    """A forest plot as an `svg` element in the colour of the text around it."""
    width, height = size(forest)
    body = "".join(map(_svg_mark, marks(forest)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" role="img" aria-label="{escape(forest.caption)}" '
        'font-family="sans-serif" font-size="12" stroke="currentColor" fill="currentColor">'
        f"{body}</svg>"
    )


def _svg_mark(mark: Mark) -> str:
    match mark:
        case Line(x, y, width, height, is_dashed):
            dashes = ' stroke-dasharray="3 3"' if is_dashed else ""
            ends = f'x1="{x:.1f}" y1="{y:.1f}" x2="{x + width:.1f}" y2="{y + height:.1f}"'
            return f"<line {ends}{dashes}/>"
        case Dot(x, y, is_filled):
            fill = "" if is_filled else ' fill="none"'
            return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4"{fill}/>'
        case Word(x, y, text, anchor):
            place = f'x="{x:.1f}" y="{y + 4:.1f}" text-anchor="{anchor}"'
            return f'<text {place} stroke="none">{escape(text)}</text>'


def latex_picture(forest: Forest, spelled: Callable[[str], str]) -> str:
    """A forest plot as a LaTeX `picture`, which needs no package.

    Args:
        forest: The plot.
        spelled: Plain text to LaTeX.
    """
    width, height = size(forest)
    lines = (_latex_mark(mark, height, spelled) for mark in marks(forest))
    begin = rf"\setlength{{\unitlength}}{{0.62pt}}\begin{{picture}}({width:g},{height:g})"
    return "\n".join([begin, r"\scriptsize", *lines, r"\end{picture}"])


def _latex_mark(mark: Mark, height: float, spelled: Callable[[str], str]) -> str:
    match mark:
        case Line(x, y, width, tall, is_dashed):
            start = f"{x:.1f},{height - y:.1f}"
            if is_dashed:
                num_dots = int(tall // 4)
                return rf"\multiput({start})(0,-4){{{num_dots}}}{{\line(0,-1){{2}}}}"
            direction = "(1,0)" if width else "(0,-1)"
            return rf"\put({start}){{\line{direction}{{{width or tall:.1f}}}}}"
        case Dot(x, y, is_filled):
            circle = r"\circle*" if is_filled else r"\circle"
            return rf"\put({x:.1f},{height - y:.1f}){{{circle}{{7}}}}"
        case Word(x, y, text, anchor):
            side = {"start": "[l]", "middle": "", "end": "[r]"}[anchor]
            return rf"\put({x:.1f},{height - y:.1f}){{\makebox(0,0){side}{{{spelled(text)}}}}}"
