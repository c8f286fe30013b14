"""A report as Markdown, in the form that GitHub shows."""

import re

from core.report.paper.blocks import Block, Document, Forest, Grid, Heading, Panel, Paragraph
from core.report.paper.cells import value_and_interval

_TOGETHER = str.maketrans({" ": "\u00a0", "–": "\u2060–\u2060"})
"""So that no browser breaks an interval: a space and a dash that keep what they join on a line."""

_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~])")


def markdown(document: Document) -> str:
    """A report as Markdown; pictures are expected as figures/NAME.svg and figures/NAME.png."""
    blocks = "\n\n".join(map(_block, document.blocks))
    return f"# {escaped(document.title)}\n\n{blocks}\n"


def escaped(text: str) -> str:
    """Text with every character that Markdown would take for markup behind a backslash."""
    return _SPECIAL.sub(r"\\\1", text)


def _block(block: Block) -> str:
    match block:
        case Heading(text):
            return f"## {escaped(text)}"
        case Paragraph(text):
            return escaped(text)
        case Grid():
            return _table(block)
        case Forest(caption, name):
            return f"*{escaped(caption)}*\n\n![{escaped(caption)}](figures/{name}.svg)"
        case Panel(caption, name):
            return f"*{escaped(caption)}*\n\n![{escaped(caption)}](figures/{name}.png)"


def _table(grid: Grid) -> str:
    side = "---" if grid.widths else "--:"
    rule = "|".join(("---", *(side for _ in grid.heads[1:])))
    rows = (_row(row, place in grid.bold) for place, row in enumerate(grid.rows))
    lines = [_row(grid.heads, is_bold=False), f"|{rule}|", *rows]
    return f"*{escaped(grid.caption)}*\n\n" + "\n".join(lines)


def _row(cells: tuple[str, ...], is_bold: bool) -> str:
    inner = map(_cell, cells)
    marked = (f"**{cell}**" if is_bold and cell else cell for cell in inner)
    return f"| {' | '.join(marked)} |"


def _cell(cell: str) -> str:
    """An interval stands below its value, so that wide tables fit a page."""
    parts = value_and_interval(cell)
    if parts is None:
        return escaped(cell)
    value, interval = parts
    return f"{value}<br>{escaped(interval.translate(_TOGETHER))}"
