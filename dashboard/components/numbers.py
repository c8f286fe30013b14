"""A number with its interval, and the notes that its flags call for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from core.metrics.flags import FLAGS, SEPARATOR
from core.metrics.table import METRICS
from core.saliency.intervals import FLAGS as FLAGS_OF_MAPS
from dashboard.components.markup import EMPTY, Markup, element, joined, link, plain, styled
from dashboard.queries.cells import Cell
from dashboard.queries.transfer import Span
from dashboard.typography import NOTHING, decimal, decimal_interval, interval, percent, signed

_SENTENCES = {**FLAGS_OF_MAPS, **FLAGS}
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
TARGET_NOTES = {
    "unlabelled": "Uses the target’s images or scores without labels: no domain generalisation.",
    "labels": "Uses the target’s labels: no domain generalisation.",
    "boxes": "Uses the target’s boxes: no domain generalisation.",
}


@dataclass
class Notes:
    """The footnotes of one table; each sentence has one letter."""

    sentences: list[str] = field(default_factory=list[str])

    def marks(self, cell: Cell) -> Markup:
        """The letters of a cell's flags, as a superscript; noted for `block`."""
        codes = cell.flag.split(SEPARATOR) if cell.flag else []
        wanted = [_SENTENCES.get(code, code) for code in codes]
        wanted += [TARGET_NOTES[cell.target_use]] if cell.target_use in TARGET_NOTES else []
        return self.mark(wanted)

    def mark(self, sentences: Sequence[str]) -> Markup:
        """The letters of these sentences, as a superscript; noted for `block`."""
        letters = "".join(self._letter(sentence) for sentence in sentences)
        return styled("sup", "note", letters) if letters else EMPTY

    def block(self) -> Markup:
        """All sentences noted so far."""
        if not self.sentences:
            return EMPTY
        lines = (
            plain("li", plain("sup", _LETTERS[place]), " ", sentence)
            for place, sentence in enumerate(self.sentences)
        )
        return styled("ul", "notes", *lines)

    def _letter(self, sentence: str) -> str:
        if sentence not in self.sentences:
            self.sentences.append(sentence)
        return _LETTERS[self.sentences.index(sentence)]


@dataclass(frozen=True)
class Unit:
    """How values and intervals of a metric are written."""

    value: Callable[[float | None], str]
    interval: Callable[[float | None, float | None], str]


PERCENT = Unit(percent, interval)
DECIMAL = Unit(decimal, decimal_interval)


def unit_of(metric: str) -> Unit:
    """How a row of `METRICS` is written."""
    return PERCENT if METRICS[metric].percent else DECIMAL


def number(
    cell: Cell | None, notes: Notes, address: str = "", strong: bool = False, unit: Unit = PERCENT
) -> Markup:
    """A table cell: value, interval in a smaller face, letters of its notes.

    Args:
        cell: The number; None where the table has no such row.
        notes: Collects the footnotes.
        address: Where the value leads, "" for nowhere.
        strong: Whether it belongs to the tied set.
        unit: How it is written.
    """
    if cell is None or cell.value is None:
        return element("td", {"class": "num"}, NOTHING, notes.marks(cell) if cell else EMPTY)
    written = unit.value(cell.value)
    value = plain("strong", written) if strong else written
    shown = link(address, value) if address else value
    return styled("td", "num", _pair(shown, unit.interval(cell.low, cell.high)), notes.marks(cell))


def span(of: Span | None, note: Markup = EMPTY, is_difference: bool = False) -> Markup:
    """A table cell for a value that was derived here.

    Args:
        of: The value with its interval; None where there is none.
        note: The letters of its footnotes.
        is_difference: Whether it carries its sign.
    """
    if of is None:
        return styled("td", "num", NOTHING)
    value = signed(of.value) if is_difference else percent(of.value)
    return styled("td", "num", _pair(value, interval(of.low, of.high)), note)


def _pair(value: str, bounds: str) -> Markup:
    return joined((styled("span", "value", value), " ", styled("span", "ci", bounds)))
