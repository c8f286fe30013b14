"""Values with their intervals, in the tables of the commands about attention."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cli import output

if TYPE_CHECKING:
    import polars as pl


def per_cent(row: Mapping[str, Any]) -> str:
    """A value with its interval in per cent; "–" where it is undefined."""
    if row["value"] is None:
        return "–"
    value = f"{100 * row['value']:.1f}"
    if row["ci_low"] is None:
        return value
    return f"{value} [{100 * row['ci_low']:.1f} {100 * row['ci_high']:.1f}]"


def number(row: Mapping[str, Any]) -> str:
    """A value with its interval, two decimals; "–" where it is undefined."""
    if row["value"] is None:
        return "–"
    value = f"{row['value']:.2f}"
    if row["ci_low"] is None:
        return value
    return f"{value} [{row['ci_low']:.2f} {row['ci_high']:.2f}]"


def few_patients(row: Mapping[str, Any]) -> str:
    """A star where so few patients stand behind a value that its interval may be too narrow."""
    from core.saliency.intervals import FEW_PATIENTS

    return "*" if FEW_PATIENTS in (row["flag"] or "") else ""


def print_table(title: str, columns: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    """A table under a title."""
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column)
    for line in lines:
        table.add_row(*line)
    output.table(table)


def rows_as_json(frames: "Mapping[str, pl.DataFrame]") -> list[dict[str, Any]]:
    """Rows of several runs, each with its run."""
    return [
        {"run_id": run_id} | row for run_id, frame in frames.items() for row in frame.to_dicts()
    ]
