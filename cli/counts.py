"""How `cxr data show` prints a data set's prevalences by group: a table a split."""

import polars as pl
from rich.table import Table

from cli import output
from core.findings import FINDINGS


def print_counts(counts: pl.DataFrame) -> None:
    """A table for each split: a row per finding, a column per group.

    Args:
        counts: As `count_findings` returns them.
    """
    for split in counts["split"].unique(maintain_order=True):
        part = counts.filter(split=split)
        groups = part["group"].unique(maintain_order=True).to_list()
        table = Table(str(split), *groups, box=None)
        for finding in FINDINGS:
            rows = part.filter(finding=finding).iter_rows(named=True)
            cells = {row["group"]: _cell(row) for row in rows}
            table.add_row(finding, *(cells[group] for group in groups))
        output.table(table)


def _cell(row: dict[str, float | None]) -> str:
    prevalence = row["prevalence"]
    if prevalence is None:
        return "–"
    return f"{row['n_positive']:,} ({row['n_positive_patients']:,}) {100 * prevalence:.1f} %"
