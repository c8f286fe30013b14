"""A report as a LaTeX document with booktabs."""

from collections.abc import Mapping

from core.report.paper.blocks import Block, Document, Forest, Grid, Heading, Panel, Paragraph
from core.report.paper.cells import value_and_interval
from core.report.paper.drawing import latex_picture

_SPELLED: Mapping[str, str] = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_\allowbreak{}",
    "/": r"/\allowbreak{}",
    ":": r":\allowbreak{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "−": "$-$",
    "–": "--",
    "…": r"\ldots{}",
    "’": "'",
    "“": "``",
    "”": "''",
    "+": r"+\allowbreak{}",
    "·": r"$\cdot$",
    "×": r"$\times$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "→": r"$\rightarrow$",
    "†": r"\dag{}",
    "τ": r"$\tau$",
}

MAX_KEPT_ROWS = 12
"""Of a table of text that is not broken over two pages."""

_PREAMBLE = r"""\documentclass[a4paper,10pt]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{lmodern}
\usepackage[margin=22mm]{geometry}
\usepackage{array,booktabs,longtable,graphicx}
\setlength{\parindent}{0pt}\setlength{\parskip}{6pt}\sloppy
\newsavebox{\fitbox}
\newcommand{\fitted}[1]{\sbox{\fitbox}{#1}%
  \ifdim\wd\fitbox>\linewidth\resizebox{\linewidth}{!}{\usebox{\fitbox}}\else\usebox{\fitbox}\fi}
\newcommand{\within}[2]{\begin{tabular}[t]{@{}r@{}}#1\\[-2pt]{\scriptsize #2}\end{tabular}}
\newcommand{\captioned}[1]{\par\vskip 0pt plus 6\baselineskip\penalty-200
  \vskip 0pt plus -6\baselineskip{\small\itshape #1\par\nobreak\smallskip}}
"""


def latex(document: Document) -> str:
    """A report as LaTeX; pictures of pixels are expected as figures/NAME.png."""
    body = "\n\n".join(map(_block, document.blocks))
    return (
        f"{_PREAMBLE}\\title{{{spelled(document.title)}}}\n\\date{{}}\n\\begin{{document}}\n"
        f"\\maketitle\n\n{body}\n\n\\end{{document}}\n"
    )


def spelled(text: str) -> str:
    """Plain text in LaTeX; a letter that pdfLaTeX's fonts lack stands as its code point."""
    return "".join(map(_letter, text))


def _letter(letter: str) -> str:
    if letter in _SPELLED:
        return _SPELLED[letter]
    is_latin = letter.isprintable() and ord(letter) < 0x180
    return letter if is_latin or letter.isspace() else f"[U+{ord(letter):04X}]"


def _block(block: Block) -> str:
    match block:
        case Heading(text):
            return rf"\section*{{{spelled(text)}}}"
        case Paragraph(text):
            return spelled(text)
        case Grid():
            return _text_table(block) if block.widths else _kept(_table(block))
        case Forest(caption):
            drawn = latex_picture(block, spelled)
            return _kept(_figure(caption, rf"\fitted{{{drawn}}}"))
        case Panel(caption, name):
            shown = r"\includegraphics[width=\linewidth,height=0.8\textheight,keepaspectratio]"
            return _kept(_figure(caption, f"{shown}{{figures/{name}.png}}"))


def _kept(body: str) -> str:
    """What is not broken over two pages."""
    return f"\\begin{{minipage}}{{\\linewidth}}\n{body}\n\\end{{minipage}}"


def _figure(caption: str, body: str) -> str:
    return f"\\captioned{{{spelled(caption)}}}\n{body}"


def _table(grid: Grid) -> str:
    columns = "l" + "r" * (len(grid.heads) - 1)
    return _figure(grid.caption, rf"\fitted{{{_ruled(grid, 'tabular', columns, _heads(grid))}}}")


def _text_table(grid: Grid) -> str:
    """Columns of running text; a long table goes over as many pages as it needs."""
    columns = "".join(
        rf">{{\raggedright\arraybackslash}}p{{\dimexpr {width:.3f}\linewidth-2\tabcolsep}}"
        for width in grid.widths or ()
    )
    if len(grid.rows) > MAX_KEPT_ROWS:
        # Inside the table, or a page may end between the caption and the first row.
        caption = (
            rf"\multicolumn{{{len(grid.heads)}}}{{@{{}}p{{\linewidth}}@{{}}}}"
            rf"{{\itshape {spelled(grid.caption)}}} \\[\smallskipamount]"
        )
        heads = f"{_heads(grid)}\n"
        return _ruled(
            grid, "longtable", columns, f"{caption}\n{heads}\\endfirsthead\n{heads}\\endhead"
        )
    return _kept(_figure(grid.caption, _ruled(grid, "tabular", columns, _heads(grid))))


def _heads(grid: Grid) -> str:
    return f"\\toprule\n{_row(grid.heads)}\n\\midrule"


def _ruled(grid: Grid, environment: str, columns: str, heads: str) -> str:
    lines = [
        rf"{{\small\begin{{{environment}}}{{{columns}}}",
        heads,
        *(_row(row, place in grid.bold) for place, row in enumerate(grid.rows)),
        r"\bottomrule",
        rf"\end{{{environment}}}}}",
    ]
    return "\n".join(lines)


def _row(cells: tuple[str, ...], is_bold: bool = False) -> str:
    inner = map(_cell, cells)
    marked = (rf"\textbf{{{cell}}}" if is_bold else cell for cell in inner)
    return " & ".join(marked) + r" \\"


def _cell(cell: str) -> str:
    """An interval stands below its value, so that wide tables keep the size of their letters."""
    parts = value_and_interval(cell)
    return rf"\within{{{spelled(parts[0])}}}{{{spelled(parts[1])}}}" if parts else spelled(cell)
