"""Rows of a run's table that are made anew, beside rows that stay."""

from collections.abc import Sequence

import polars as pl

from core.store.results import ResultStore
from core.tables import Table


def renew(
    results: ResultStore, run_id: str, table: Table, rows: pl.DataFrame, by: Sequence[str]
) -> None:
    """Put rows in the place of all older rows that share their values of `by`.

    Args:
        results: Where the table lies.
        run_id: Whose table.
        table: What it is.
        rows: The new rows.
        by: Columns; older rows with a combination that no new row has stay.

    Raises:
        DataError: If the rows break the table's schema or rules, or the file is damaged.
    """
    new = table.checked(rows, table.name)
    kept = results.read(run_id, table).join(new.select(by).unique(), on=list(by), how="anti")
    results.write(run_id, table, pl.concat([kept, new]))
