"""The study's tables: every run on the target, what stands beside them, and each finding."""

from collections.abc import Iterator

from core.findings import FINDINGS
from core.metrics.flags import FLAGS
from core.report.board import HEADLINE
from core.report.numbers import (
    POLICY,
    Number,
    RunNumbers,
    finding_questions,
    policy_of,
    run_numbers,
    study_metrics,
)
from core.report.paper.blocks import Bar, Block, Forest, Grid, Heading, Paragraph, Section
from core.report.paper.cells import cell, count, is_small, withheld
from core.report.paper.subject import SPLIT, Subject
from core.written import UNDEFINED, finding_name

MAX_RUNS_A_TABLE = 5
"""Columns of numbers with intervals that a page is wide enough for."""


def results(about: Subject) -> Iterator[Block]:
    """The leaderboard, its forest plot, and what is apart from it."""
    yield Heading(Section.RESULTS)
    yield _leaderboard(about)
    yield Paragraph(_legend(about))
    bars = tuple(_bars(about))
    if bars:
        yield Forest(
            f"Macro AUROC on {about.target} with 95 % intervals; hollow: not ranked.",
            "auroc",
            "macro AUROC, %",
            bars,
            reference=50.0,
        )
    yield from _apart(about)
    yield from _beside(about)


def _leaderboard(about: Subject) -> Grid:
    shown = about.board
    heads = ("run", *study_metrics(POLICY), "AUROC, source test", "set", "images", "patients")
    tied = (about.compared.tied if about.compared else None) or ()
    return Grid(
        f"Runs on {shown.dataset} ({shown.split} split), per cent with the 95 % interval of a "
        "bootstrap over patients; the highest macro AUROC first, runs that are not ranked last. "
        "Bold: the highest observed, and runs not significantly below it.",
        heads,
        tuple(_run_row(about, row) for row in shown.rows),
        bold=frozenset(place for place, row in enumerate(shown.rows) if row.record.run_id in tied),
    )


def _run_row(about: Subject, row: RunNumbers) -> tuple[str, ...]:
    first = row.numbers[HEADLINE]
    questions = study_metrics(policy_of(row)).values()
    return (
        f"{about.marks[row.record.run_id]} {row.record.title}",
        *(cell(row.numbers.get(question), about.is_closed) for question in questions),
        _at_home(about, row),
        first.label_set or UNDEFINED,
        count(first, first.n, about.is_closed),
        count(first, first.n_patients, about.is_closed),
    )


def _at_home(about: Subject, row: RunNumbers) -> str:
    source = row.record.source
    if source is None:
        return UNDEFINED
    home = run_numbers(about.results, row.record.run_id, source, SPLIT)
    return cell(home.numbers.get(HEADLINE), about.is_closed)


def _legend(about: Subject) -> str:
    without = [
        about.marks[row.record.run_id] for row in about.board.rows if policy_of(row) != POLICY
    ]
    fixed = f" F1 of {', '.join(without)} is at 0.5: no source to choose on." if without else ""
    flags = " ".join(FLAGS[flag] for flag in ("few-positives", "thin-positives"))
    return (
        "F1 is at thresholds chosen per finding on source validation "
        f"(policy {POLICY}).{fixed} mAP is the mean average precision over findings; "
        f"the set says which findings an average covers. † marks doubtful intervals: {flags}"
    )


def _bars(about: Subject) -> Iterator[Bar]:
    ranked = {row.record.run_id for row in about.board.ranked}
    for row in about.board.rows:
        number = row.numbers[HEADLINE]
        if number.value is not None and cell(number, about.is_closed)[0].isdigit():
            ends = (number.ci_low, number.ci_high)
            low, high = (None if end is None else 100 * end for end in ends)
            run_id = row.record.run_id
            label = f"{about.marks[run_id]} {row.record.title}"
            yield Bar(label, 100 * number.value, low, high, run_id in ranked)


def _apart(about: Subject) -> Iterator[Block]:
    if about.board.apart:
        rows = tuple(
            (about.marks[each.row.record.run_id], each.row.record.title, each.reason)
            for each in about.board.apart
        )
        yield Grid("Runs that are shown and not ranked.", ("", "run", "why"), rows, (0.1, 0.4, 0.5))


def _beside(about: Subject) -> Iterator[Block]:
    """Reference rows and published ones, apart from what was measured here."""
    questions = study_metrics(POLICY)
    references = tuple(
        (row.record.run_id, *(_cells_of(about, row)))
        for row in about.board.references
        if not (about.is_closed and _has_small(row))
    )
    if references:
        told = "Reference rows, reached without looking at an image; never ranked."
        yield Grid(told, ("row", *questions), references)
    published = tuple(
        (
            f"{row.title} ({row.study})",
            *(
                f"{100 * row.values[finding, metric]:.1f}"
                if (finding, metric) in row.values
                else UNDEFINED
                for finding, metric, _ in questions.values()
            ),
        )
        for row in about.board.published
    )
    if published:
        remarks = dict.fromkeys(row.remark for row in about.board.published)
        told = f"Published rows, per cent; never ranked: {'; '.join(remarks)}."
        yield Grid(told, ("row", *questions), published)


def _has_small(row: RunNumbers) -> bool:
    """Whether its averages, which follow from numbers of positives alone, tell of a small cell."""
    found = (row.numbers.get((finding, "auroc", None)) for finding in FINDINGS)
    return any(number is not None and is_small(number) for number in found)


def _cells_of(about: Subject, row: RunNumbers) -> Iterator[str]:
    for question in study_metrics(policy_of(row)).values():
        yield cell(row.numbers.get(question), about.is_closed)


def findings(about: Subject) -> Iterator[Block]:
    """AUROC, average precision and F1 of each finding, a table a metric."""
    yield Heading(Section.FINDINGS)
    rows = about.board.rows
    for metric in ("AUROC", "AP", "F1"):
        for start in range(0, len(rows), MAX_RUNS_A_TABLE):
            yield _finding_table(about, metric, rows[start : start + MAX_RUNS_A_TABLE])


def _finding_table(about: Subject, metric: str, rows: tuple[RunNumbers, ...]) -> Grid:
    marks = tuple(about.marks[row.record.run_id] for row in rows)
    numbers = {str(finding): _numbers(str(finding), metric, rows) for finding in FINDINGS}
    columns = [
        {name: found[place] for name, found in numbers.items()} for place in range(len(rows))
    ]
    told = [{name: each for name, each in column.items() if each} for column in columns]
    seconds = withheld(told) if about.is_closed else frozenset[str]()
    return Grid(
        f"{metric} of each finding on {about.target}, per cent with 95 % interval; "
        f"{UNDEFINED}: not annotated, not predicted, or undefined.",
        ("finding", "images", "positive", *marks),
        tuple(_finding_row(about, name, found, name in seconds) for name, found in numbers.items()),
    )


def _numbers(finding: str, metric: str, rows: tuple[RunNumbers, ...]) -> tuple[Number | None, ...]:
    return tuple(
        row.numbers.get(finding_questions(policy_of(row))[finding][metric]) for row in rows
    )


def _finding_row(
    about: Subject, finding: str, numbers: tuple[Number | None, ...], is_withheld: bool
) -> tuple[str, ...]:
    first = next((each for each in numbers if each is not None), None)
    counted = (first.n, first.n_positive) if first else (0, 0)
    return (
        finding_name(finding),
        *(count(first, images, about.is_closed, is_withheld) for images in counted),
        *(cell(number, about.is_closed, is_withheld) for number in numbers),
    )
