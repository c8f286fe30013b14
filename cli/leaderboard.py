"""What `cxr eval` and `cxr demo` print: the study's metrics per run, and each finding's.

The tables fit 80 columns: runs are numbered (letters for those that are not ranked), and their
ids stand below.
"""

from collections.abc import Iterator, Mapping
from string import ascii_lowercase

from cli import output
from cli.shift_table import print_shift, shift_json
from cli.subgroup_table import print_subgroups
from cli.transfer_table import print_transfer, transfer_json
from core.datasets.labels import COMPOSITES
from core.findings import FINDINGS
from core.report import (
    POLICY,
    WITHOUT_SOURCE,
    Board,
    Number,
    PublishedRow,
    Question,
    RunNumbers,
    board,
    finding_questions,
    policy_of,
    run_numbers,
    study_metrics,
)
from core.store import ResultStore


def print_leaderboard(results: ResultStore, run_ids: tuple[str, ...], target: str) -> None:
    """The study's four metrics per run, and each finding's when there is one run alone."""
    shown = board(results, run_ids, target, "test")
    _print_heading(shown)
    table = output.narrow("run", *study_metrics(POLICY), "AUROC, source test")
    table.columns[0].overflow = "fold"
    for mark, row in _marked(shown):
        name = f"{mark} {row.record.title}"
        table.add_row(name, *_study_cells(row), _source_cell(results, row))
    for row in shown.references:
        table.add_row(f"({_reference_title(row)})", *_study_cells(row), "")
    for published in shown.published:
        table.add_row(f"({published.title})", *_published_cells(published), "")
    output.table(table)
    for sentence in _legend(shown):
        output.line(sentence)
    if len(shown.rows) == 1:
        _print_findings(shown.rows[0])
        print_transfer(results, shown.rows[0], policy_of(shown.rows[0]))
        print_shift(results, shown.rows[0], POLICY)
        print_subgroups(results, shown.rows[0], policy_of(shown.rows[0]))


def _print_heading(shown: Board) -> None:
    first = (shown.ranked or shown.rows)[0]
    auroc = first.numbers["macro", "auroc", None]
    thresholds = (
        "thresholds from source validation" if policy_of(first) == POLICY else "threshold 0.5"
    )
    output.line(
        f"{shown.dataset}, {shown.split} split: {auroc.n:,} images of {auroc.n_patients:,} "
        f"patients; {auroc.label_set or 'no finding can be scored'} ({auroc.n_labels} of 14 "
        f"findings); {thresholds}; per cent, below it the 95 % patient bootstrap."
    )


def _marked(shown: Board) -> Iterator[tuple[str, RunNumbers]]:
    yield from ((str(place), row) for place, row in enumerate(shown.ranked, 1))
    yield from ((_letter(place), each.row) for place, each in enumerate(shown.apart))


def _letter(place: int) -> str:
    rest, last = divmod(place, len(ascii_lowercase))
    return (_letter(rest - 1) if rest else "") + ascii_lowercase[last]


def _legend(shown: Board) -> Iterator[str]:
    for place, row in enumerate(shown.ranked, 1):
        yield f"{place} = {row.record.run_id}{_weights(row)}"
    for place, each in enumerate(shown.apart):
        weights = _weights(each.row)
        yield f"{_letter(place)} = {each.row.record.run_id}{weights}, not ranked: {each.reason}"
    without = [mark for mark, row in _marked(shown) if policy_of(row) == WITHOUT_SOURCE]
    if without:
        yield f"F1 of {', '.join(without)} at 0.5: there are no source predictions to choose on."
    if shown.references:
        yield "(all positive, best constant, metadata only): reached without looking at an image."
    for study, remark in dict.fromkeys((each.study, each.remark) for each in shown.published):
        yield f"(model · loss): published by {study}: {remark}; never ranked."


def _print_findings(row: RunNumbers) -> None:
    table = output.narrow("finding", "n", "positive", "AUROC", "AP", "F1", "note")
    for finding, questions in finding_questions(policy_of(row), (*FINDINGS, *COMPOSITES)).items():
        if questions["AUROC"] not in row.numbers:
            continue
        first = row.numbers[questions["AUROC"]]
        cells = [_cell(row.numbers, question) for question in questions.values()]
        undefined = first.value is None and first.flag
        note = undefined or row.numbers[questions["F1"]].flag or ""
        table.add_row(finding, f"{first.n:,}", f"{first.n_positive:,}", *cells, note)
    output.table(table)


def _study_cells(row: RunNumbers) -> list[str]:
    return [_cell(row.numbers, question) for question in study_metrics(policy_of(row)).values()]


def _source_cell(results: ResultStore, row: RunNumbers) -> str:
    """AUROC on source test, and the findings that it covers."""
    question = study_metrics(POLICY)["AUROC macro"]
    source = row.record.source
    numbers = run_numbers(results, row.record.run_id, source, "test").numbers if source else {}
    if question not in numbers:
        return "–"
    return f"{_cell(numbers, question)}\n{numbers[question].label_set or ''}".rstrip()


def _reference_title(row: RunNumbers) -> str:
    return row.record.run_id.replace("-", " ")


def _published_cells(row: PublishedRow) -> list[str]:
    asked = [(finding, metric) for finding, metric, _ in study_metrics(POLICY).values()]
    return [f"{100 * row.values[key]:.1f}" if key in row.values else "–" for key in asked]


def _cell(numbers: Mapping[Question, Number], question: Question) -> str:
    number = numbers.get(question)
    if number is None or number.value is None:
        return "–"
    value = f"{100 * number.value:.1f}"
    if number.ci_low is None or number.ci_high is None:
        return value
    return f"{value}\n{100 * number.ci_low:.1f}–{100 * number.ci_high:.1f}"


def _weights(row: RunNumbers) -> str:
    weights = getattr(row.record, "weights", None)
    return f" ({weights.kind} weights)" if weights else ""


def as_json(results: ResultStore, run_ids: tuple[str, ...], target: str) -> dict[str, object]:
    """The leaderboard as JSON values."""
    shown = board(results, run_ids, target, "test")
    reasons = {each.row.record.run_id: each.reason for each in shown.apart}
    return {
        "dataset": shown.dataset,
        "split": shown.split,
        "runs": [
            _row_json(row)
            | {"why_not_ranked": reasons.get(row.record.run_id)}
            | {"transfer": transfer_json(results, row), "shift": shift_json(results, row, POLICY)}
            for row in shown.rows
        ],
        "references": [_row_json(row) for row in shown.references],
        "published": [
            {"study": row.study, "title": row.title, "remark": row.remark}
            | {f"{finding} {metric}": value for (finding, metric), value in row.values.items()}
            for row in shown.published
        ],
    }


def _row_json(row: RunNumbers) -> dict[str, object]:
    numbers = [
        {"finding": finding, "metric": metric, "policy": policy} | vars(number)
        for (finding, metric, policy), number in row.numbers.items()
    ]
    return {"run_id": row.record.run_id, "source": row.record.source, "numbers": numbers}
