"""What a page shows as tidy frames, to take away: every number with what stands behind it."""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from core.findings import FINDINGS
from core.records import RunRecord
from core.report.published import PublishedRow
from dashboard.queries.breakdown import FindingRow
from dashboard.queries.cells import STUDY_COLUMNS, Place, cells_of
from dashboard.queries.data_card import DataCard
from dashboard.queries.exploration import AtThreshold
from dashboard.queries.leaderboard import Leaderboard
from dashboard.queries.reading import AnyRun
from dashboard.queries.run_list import flat, scored_on
from dashboard.queries.study_row import Row
from dashboard.queries.tidy import Record, of_cell, of_place, of_run, of_span, tidy


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
    of_runs = (record for row, reason in rows for record in _of_row(row, reason, board))
    return tidy((*of_runs, *(record for row in published for record in _of_study(row, board))))


def _of_row(row: Row, reason: str | None, board: Leaderboard) -> Iterator[Record]:
    moved, where = row.transfer, board.where
    about = of_run(row.run) | of_place(where)
    for column in STUDY_COLUMNS:
        if cell := row.cells.get(column.label):
            yield about | {"metric": column.label} | of_cell(cell) | {"not_ranked_because": reason}
    if moved:
        scored = f"over {len(moved.findings)} findings scored on both"
        for name, span in (("source test AUROC", moved.at_home), ("AUROC gap", moved.gap)):
            yield about | {"metric": f"{name}, {scored}"} | of_span(span)
    if row.against:
        yield about | {"metric": "AUROC macro minus the baseline’s"} | of_span(row.against)
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
    return tidy(
        {"finding": row.finding}
        | of_run(run)
        | of_place(where)
        | {"metric": metric}
        | of_cell(cell)
        for row in rows
        for run in runs
        if (cell := row.cells.get(run.run_id))
    )


def detail_frame(
    runs: Sequence[AnyRun], finding: str, metrics: Sequence[str], where: Place
) -> pl.DataFrame:
    """Several metrics of one finding, run by run."""
    return tidy(
        {"finding": finding} | of_run(run) | of_place(where) | {"metric": metric} | of_cell(cell)
        for run in runs
        for metric in metrics
        if (cell := cells_of(run, where, metric).get(finding))
    )


def threshold_frame(found: AtThreshold, run: AnyRun, about: Mapping[str, object]) -> pl.DataFrame:
    """What one threshold does, in one row.

    Args:
        found: Its outcomes, and its rates, 0 to 1.
        run: Whose scores.
        about: Of what, and how the threshold came to be.
    """
    outcomes = {name: int(getattr(found.counts, name)) for name in ("tp", "fp", "fn", "tn")}
    rates = ("sensitivity", "specificity", "ppv", "npv", "alert_rate")
    return tidy(
        [of_run(run) | dict(about) | outcomes | {name: getattr(found, name) for name in rates}]
    )


def set_aside_frame(card: DataCard) -> pl.DataFrame:
    """Images that no stage uses, with the reason."""
    return card.quarantine.select(pl.lit(card.record.name).alias("dataset"), pl.all())


def label_frame(card: DataCard) -> pl.DataFrame:
    """The label table: one row a finding and split."""
    return tidy(
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


def group_frame(card: DataCard) -> pl.DataFrame:
    """Views, sexes and ages: one row a group and split."""
    return tidy(
        {
            "dataset": card.record.name,
            "split": split,
            "kind": share.kind,
            "group": share.group,
            "num_images": share.num_images.get(split, 0),
            "n": card.num_images[split],
        }
        for share in card.groups
        for split in card.splits
    )


def settings_frame(runs: Sequence[AnyRun]) -> pl.DataFrame:
    """The runs with every setting that they have: one row a run."""
    return tidy(
        of_run(run)
        | {
            "status": str(record.status) if isinstance(record, RunRecord) else "imported",
            "scored_on": ", ".join(scored_on(run)),
            "seconds": sum(record.seconds.values()) if isinstance(record, RunRecord) else None,
        }
        | (dict(flat(record.spec)) if isinstance(record, RunRecord) else {})
        for run in runs
        for record in [run.record]
    )


def fact_frame(about: str, facts: Mapping[str, str]) -> pl.DataFrame:
    """Names and values of a record, one a row."""
    return tidy({"about": about, "name": name, "value": value} for name, value in facts.items())


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
