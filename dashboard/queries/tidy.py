"""The columns that tables to take away share: which run, where, and what stands behind a number."""

from collections.abc import Iterable, Mapping

import polars as pl

from dashboard.queries.cells import Cell, Place
from dashboard.queries.reading import AnyRun
from dashboard.queries.transfer import Span

Record = dict[str, object]


def of_run(run: AnyRun) -> Record:
    """Its name for people, and its id."""
    return {"run": run.look.title, "run_id": run.run_id}


def of_place(where: Place) -> Record:
    """Data set, split and threshold policy."""
    return {"dataset": where.dataset, "split": where.split, "policy": where.policy}


def of_cell(cell: Cell) -> Record:
    """A number with its interval, flag and counts."""
    return {
        "label_set": cell.label_set,
        "target_use": cell.target_use,
        "value": cell.value,
        "ci_low": cell.low,
        "ci_high": cell.high,
        "flag": cell.flag,
        "n": cell.n,
        "n_positive": cell.n_positive,
        "n_patients": cell.n_patients,
        "n_labels": cell.n_labels,
        "n_resamples": cell.n_resamples,
    }


def of_span(span: Span) -> Record:
    """A derived value with its interval."""
    return {"value": span.value, "ci_low": span.low, "ci_high": span.high}


def tidy(records: Iterable[Mapping[str, object]]) -> pl.DataFrame:
    """One row a record; columns in the order of their first appearance."""
    return pl.DataFrame(list(records), infer_schema_length=None)
