"""What `cxr eval` and `cxr demo` print: the study's metrics per run, and each finding's."""

from collections.abc import Mapping

from rich.table import Table

from cli import output
from core.report import (
    Number,
    Question,
    RunNumbers,
    finding_questions,
    leaderboard,
    run_numbers,
    study_metrics,
)
from core.store import ResultStore

POLICY = "source-val"


def print_leaderboard(results: ResultStore, run_ids: tuple[str, ...], target: str) -> None:
    """The study's four metrics per run, and each finding's when there is one run alone."""
    rows = leaderboard(results, run_ids, target, "test")
    questions = study_metrics(POLICY)
    auroc = rows[0].numbers[questions["AUROC macro"]]
    output.line(
        f"{target}, test split: {auroc.n:,} images of {auroc.n_patients:,} patients; "
        f"{auroc.label_set or 'no finding can be scored'} "
        f"({auroc.n_labels} of 14 findings); thresholds from source validation; "
        "per cent [95 % patient bootstrap]."
    )
    table = Table("run", "weights", *questions, "AUROC macro, source test", box=None)
    for row in rows:
        source = run_numbers(results, row.record.run_id, row.record.spec.source, "test")
        cells = [_cell(row.numbers, question) for question in questions.values()]
        table.add_row(
            row.record.run_id,
            _weights(row),
            *cells,
            _cell(source.numbers, questions["AUROC macro"]),
        )
    output.table(table)
    if len(rows) == 1:
        _print_findings(rows[0])


def _print_findings(row: RunNumbers) -> None:
    table = Table("finding", "n", "positive", "AUROC", "AP", "F1", "note", box=None)
    for finding, questions in finding_questions(POLICY).items():
        first = row.numbers[questions["AUROC"]]
        cells = [_cell(row.numbers, question) for question in questions.values()]
        undefined = first.value is None and first.flag
        note = undefined or row.numbers[questions["F1"]].flag or ""
        table.add_row(finding, f"{first.n:,}", f"{first.n_positive:,}", *cells, note)
    output.table(table)


def _cell(numbers: Mapping[Question, Number], question: Question) -> str:
    number = numbers[question]
    if number.value is None:
        return "–"
    value = f"{100 * number.value:.1f}"
    if number.ci_low is None or number.ci_high is None:
        return value
    return f"{value} [{100 * number.ci_low:.1f}–{100 * number.ci_high:.1f}]"


def _weights(row: RunNumbers) -> str:
    kind = row.record.weights.kind if row.record.weights else "unknown"
    return f"{kind}, not ranked" if row.record.why_not_ranked(row.dataset) else kind


def as_json(row: RunNumbers) -> dict[str, object]:
    """A run's numbers as JSON values."""
    numbers = [
        {"finding": finding, "metric": metric, "policy": policy} | vars(number)
        for (finding, metric, policy), number in row.numbers.items()
    ]
    return {
        "run_id": row.record.run_id,
        "ranked": row.record.why_not_ranked(row.dataset) is None,
        "numbers": numbers,
    }
