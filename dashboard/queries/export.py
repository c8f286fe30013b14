"""What a page shows as tidy frames, to take away: every number with what stands behind it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import polars as pl

from core.findings import FINDINGS
from core.report.published import PublishedRow
from dashboard.queries.breakdown import FindingRow
from dashboard.queries.cells import STUDY_COLUMNS, Cell, Place
from dashboard.queries.data_card import DataCard
from dashboard.queries.leaderboard import Leaderboard
from dashboard.queries.reading import AnyRun
from dashboard.queries.shift import Shifted
from dashboard.queries.study_row import Row
from dashboard.queries.transfer import Span

Record = dict[str, object]


def board_frame(
    board: Leaderboard,
    references: Sequence[Row] = (),
    published: Sequence[PublishedRow] = (),
) -> pl.DataFrame:
    """The study's table: one row a run and metric; what is not ranked comes last, with why."""
    rows = [
        *((row, None) for row in board.ranked),
        *((each.row, each.reason) for each in board.apart),
        *((row, row.run.record.why_not_ranked(board.where.dataset)) for row in references),
    ]
    of_runs = (record for row, reason in rows for record in _of_run(row, reason, board))
    return _frame((*of_runs, *(record for row in published for record in _of_study(row, board))))


def _of_run(row: Row, reason: str | None, board: Leaderboard) -> Iterator[Record]:
    moved, where = row.transfer, board.where
    about = _run(row.run) | _place(where)
    for column in STUDY_COLUMNS:
        if cell := row.cells.get(column.label):
            yield about | {"metric": column.label} | _cell(cell) | {"not_ranked_because": reason}
    if moved:
        scored = f"over {len(moved.findings)} findings scored on both"
        for name, span in (("source test AUROC", moved.at_home), ("AUROC gap", moved.gap)):
            yield about | {"metric": f"{name}, {scored}"} | _span(span)
    if row.against:
        yield about | {"metric": "AUROC macro minus the baseline’s"} | _span(row.against)
    if spread := board.spreads.get(row.run.run_id):
        kind = f"standard deviation of AUROC macro over {spread.num_trainings} {spread.over}"
        yield about | {"metric": kind, "value": spread.sd}


def _of_study(row: PublishedRow, board: Leaderboard) -> Iterator[Record]:
    for column in STUDY_COLUMNS:
        value = row.values.get((column.finding, column.metric))
        if value is not None:
            yield {
                "run": row.title,
                "run_id": f"published: {row.study}",
                "dataset": board.where.dataset,
                "metric": column.label,
                "value": value,
                "not_ranked_because": row.remark,
            }


def breakdown_frame(
    rows: Sequence[FindingRow], runs: Sequence[AnyRun], metric: str, where: Place
) -> pl.DataFrame:
    """One metric by finding and run."""
    return _frame(
        {"finding": row.finding} | _run(run) | _place(where) | {"metric": metric} | _cell(cell)
        for row in rows
        for run in runs
        if (cell := row.cells.get(run.run_id))
    )


def shift_frame(rows: Sequence[Shifted], run: AnyRun, metric: str, where: Place) -> pl.DataFrame:
    """One metric by finding: on source test, on the target, and the gap."""
    home = Place(run.record.source or "", "test", where.policy)
    return _frame(
        {"finding": row.finding}
        | _run(run)
        | {"side": side}
        | _place(place)
        | {"metric": metric}
        | found
        for row in rows
        for side, place, found in (
            ("source test", home, _cell(row.home) if row.home else {}),
            ("target", where, _cell(row.away) if row.away else {}),
            ("gap", where, _span(row.gap) if row.gap else {}),
        )
        if found
    )


def label_frame(card: DataCard) -> pl.DataFrame:
    """The label table: one row a finding and split."""
    return _frame(
        {
            "dataset": card.record.name,
            "split": split,
            "finding": finding,
            "n": cell.n,
            "n_positive": cell.n_positive,
            "n_positive_patients": cell.n_positive_patients,
            "prevalence": cell.prevalence,
        }
        for finding in FINDINGS
        for split, cell in card.labels[finding].items()
    )


def _run(run: AnyRun) -> Record:
    return {"run": run.look.title, "run_id": run.run_id}


def _place(where: Place) -> Record:
    return {"dataset": where.dataset, "split": where.split, "policy": where.policy}


def _cell(cell: Cell) -> Record:
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


def _span(span: Span) -> Record:
    return {"value": span.value, "ci_low": span.low, "ci_high": span.high}


def _frame(records: Iterable[Record]) -> pl.DataFrame:
    rows: list[Mapping[str, object]] = list(records)
    return pl.DataFrame(rows, infer_schema_length=None)


def as_csv(frame: pl.DataFrame) -> str:
    """Comma-separated text that a spreadsheet takes as text and numbers, and never as formulas."""
    guarded = (
        pl.when(pl.col(name).str.contains(r"^[=+\-@\t\r]"))
        .then(pl.concat_str(pl.lit("'"), name))
        .otherwise(name)
        .alias(name)
        for name in frame.columns
        if frame.schema[name] == pl.String
    )
    return frame.with_columns(guarded).write_csv()


def as_latex(frame: pl.DataFrame) -> str:
    """A LaTeX table with the rules of booktabs; columns without any value are left out."""
    filled = [name for name in frame.columns if frame[name].is_not_null().any()]
    labelled = frame.select(filled).rename(lambda name: name.replace("_", " "))
    styled = labelled.to_pandas().style
    styled.hide(axis="index").format(escape="latex", precision=4, na_rep="--")
    return styled.to_latex(hrules=True)
