"""What the commands print: results on stdout, everything else on stderr."""

import json
import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.table import Table

_PIPED_WIDTH = 200
_NARROW = 80


def line(text: str) -> None:
    """One line of the result."""
    typer.echo(text)


def note(text: str) -> None:
    """One line beside the result, on stderr."""
    typer.echo(text, err=True)


def json_out(value: object) -> None:
    """The whole result as JSON."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def narrow(*heads: str) -> "Table":
    """An empty table that fits 80 columns."""
    from rich.table import Table

    return Table(*heads, box=None, padding=(0, 1, 0, 0), pad_edge=False, width=_NARROW)


def table(filled: "Table") -> None:
    """A table, numbers right-aligned; where stdout is no terminal, nothing is wrapped."""
    from rich.console import Console

    for column in filled.columns[1:]:
        column.justify = "right"
    width = None if sys.stdout.isatty() else _PIPED_WIDTH
    Console(width=width).print(filled)
