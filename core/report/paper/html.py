"""A report as one HTML file: no server, no script, no other file."""

import base64
from collections.abc import Iterable
from html import escape

from core.report.paper.blocks import Block, Document, Forest, Grid, Heading, Panel, Paragraph
from core.report.paper.cells import value_and_interval
from core.report.paper.drawing import svg

_STYLE = """
:root { color-scheme: light dark;
  --ink: #1b1f24; --ground: #fff; --rule: #d5dae0; --faint: #59636e }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ec; --ground: #14171a; --rule: #3a4149; --faint: #a3adb8 }
}
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: var(--ink);
  background: var(--ground); font: 16px/1.5 system-ui, sans-serif }
h1 { font-size: 1.6rem; line-height: 1.25 } h2 { margin-top: 2.5rem; font-size: 1.2rem }
figure { margin: 1.5rem 0; overflow-x: auto } figcaption {
  color: var(--faint); font-size: .875rem; padding-bottom: .5rem }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums }
thead { border-top: 2px solid; border-bottom: 1px solid } tbody { border-bottom: 2px solid }
th, td { padding: .2rem .5rem; text-align: right; vertical-align: top }
th:first-child, td:first-child { text-align: left; padding-left: 0 }
table.text td, table.text th { text-align: left; overflow-wrap: break-word }
.interval { display: block; color: var(--faint); font-size: .8em; white-space: nowrap }
tbody tr + tr { border-top: 1px solid var(--rule) } img { max-width: 100% }
@media print { body { max-width: none } h2 { break-after: avoid } }
"""


def html(document: Document) -> str:
    """A report as HTML: pictures are inside it, all text is escaped, light and dark follow."""
    body = "\n".join(map(_block, document.blocks))
    title = escape(document.title)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{title}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _block(block: Block) -> str:
    match block:
        case Heading(text):
            return f"<h2>{escape(text)}</h2>"
        case Paragraph(text):
            return f"<p>{escape(text)}</p>"
        case Grid():
            return _table(block)
        case Forest(caption):
            return f"<figure><figcaption>{escape(caption)}</figcaption>{svg(block)}</figure>"
        case Panel(caption, _, png):
            source = f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"
            told = escape(caption)
            image = f'<img src="{source}" alt="{told}">'
            return f"<figure><figcaption>{told}</figcaption>{image}</figure>"


def _table(grid: Grid) -> str:
    heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in grid.heads)
    cell = escape if grid.widths else _number
    rows = "\n".join(
        _row(map(cell, row), place in grid.bold) for place, row in enumerate(grid.rows)
    )
    kind = ' class="text"' if grid.widths else ""
    return (
        f"<figure><figcaption>{escape(grid.caption)}</figcaption><table{kind}>\n"
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></figure>"
    )


def _number(cell: str) -> str:
    """A value, and its interval in a smaller and fainter face."""
    parts = value_and_interval(cell)
    if parts is None:
        return escape(cell)
    value, interval = map(escape, parts)
    return f'{value} <span class="interval">{interval}</span>'


def _row(cells: Iterable[str], is_bold: bool) -> str:
    inner = (f"<strong>{cell}</strong>" if is_bold else cell for cell in cells)
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in inner)}</tr>"
