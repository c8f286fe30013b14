"""What is lost from source to target, in subgroups, and between which runs a difference holds."""

from collections.abc import Iterator, Mapping, Sequence

from core.findings import FINDINGS
from core.metrics.compare import Comparison
from core.metrics.rows import MetricValue
from core.report.board import HEADLINE
from core.report.comparison import Compared
from core.report.numbers import POLICY, RunNumbers, run_numbers
from core.report.paper.blocks import Bar, Block, Forest, Grid, Heading, Paragraph, Section
from core.report.paper.cells import (
    WITHHELD,
    interval,
    is_small,
    with_second,
    withheld,
)
from core.report.paper.subject import SPLIT, Subject
from core.report.shift import MACRO, SHIFT_COLUMNS, Gap, shifts
from core.report.subgroups import partitions
from core.written import UNDEFINED, finding_name, p_value

Gaps = dict[str, dict[str, Gap]]
"""Finding, or macro, to the gap of each column of `SHIFT_COLUMNS`."""


def gaps(about: Subject) -> Iterator[Block]:
    """The gaps of every run's macro, and those of each finding of the first run."""
    found = {row.record.run_id: _gaps_of(about, row) for row in about.board.rows}
    found = {run_id: each for run_id, each in found.items() if each}
    if not found:
        return
    labels = tuple(column.label for column in SHIFT_COLUMNS)
    yield Heading(Section.GAPS)
    yield Grid(
        f"Macro averages on {about.target} minus those on the source's own test split, in "
        "percentage points with 95 % interval. “matched” weights the target to the source's mix; "
        "“prev.” weights each finding's positives to their share in source test.",
        ("", *labels),
        tuple(
            (about.marks[run_id], *(_gap(each[MACRO][label]) for label in labels))
            for run_id, each in found.items()
        ),
    )
    run_id, first = next(iter(found.items()))
    bars = tuple(_bars(first))
    if bars:
        yield Forest(
            f"AUROC of each finding, {about.target} minus source test, {about.marks[run_id]}.",
            "gaps",
            "difference in AUROC, percentage points",
            bars,
            reference=0.0,
        )


def _gaps_of(about: Subject, row: RunNumbers) -> Gaps:
    """The gaps of a run, without findings that either side may not tell."""
    source = row.record.source
    found = shifts(about.results, row.record, about.target, POLICY)
    if not found or source is None:
        return {}
    home = run_numbers(about.results, row.record.run_id, source, SPLIT)
    sides = [
        {
            str(finding): number
            for finding in FINDINGS
            if (number := side.numbers.get((finding, "auroc", None)))
        }
        for side in (row, home)
    ]
    closed = withheld(sides) if about.is_closed else frozenset[str]()
    if about.is_closed and any(is_small(side.numbers[HEADLINE]) for side in (row, home)):
        return {}
    return {str(name): dict(each) for name, each in found.items() if str(name) not in closed}


def _gap(gap: Gap) -> str:
    return interval(gap.value, gap.ci_low, gap.ci_high, is_signed=True)


def _bars(found: Gaps) -> Iterator[Bar]:
    for finding in FINDINGS:
        gap = found.get(str(finding), {}).get("AUROC")
        if gap and gap.value is not None and gap.ci_low is not None and gap.ci_high is not None:
            yield Bar(finding_name(finding), 100 * gap.value, 100 * gap.ci_low, 100 * gap.ci_high)


def subgroups(about: Subject) -> Iterator[Block]:
    """Macro AUROC in each subgroup, a column a run."""
    columns = {row.record.run_id: _macros(about, row.record.run_id) for row in about.board.ranked}
    names = {name: row for column in columns.values() for name, row in column.items()}
    if not names:
        return
    closed = _closed_groups(list(columns.values())) if about.is_closed else frozenset[str]()
    yield Heading(Section.SUBGROUPS)
    yield Grid(
        f"Macro AUROC in subgroups of {about.target}, per cent with 95 % interval, unadjusted; "
        "averages may cover fewer findings than over all images.",
        ("subgroup", "images", *(about.marks[run_id] for run_id in columns)),
        tuple(
            (
                name,
                WITHHELD if name in closed else f"{row.n:,}",
                *(_group_cell(column.get(name), name in closed) for column in columns.values()),
            )
            for name, row in names.items()
        ),
    )


def _macros(about: Subject, run_id: str) -> dict[str, MetricValue]:
    found = partitions(about.results, run_id, about.target, SPLIT)
    return {
        name: row
        for groups in found.values()
        for name, rows in groups.items()
        for row in rows
        if (row.finding, row.metric) == (MACRO, "auroc")
    }


def _closed_groups(columns: Sequence[Mapping[str, MetricValue]]) -> frozenset[str]:
    """Groups of few patients, and one more of a partition that has one: its groups add up."""
    small = {name for rows in columns for name, row in rows.items() if is_small(row)}
    partitioned: dict[str, dict[str, int]] = {}
    for rows in columns:
        for name, row in rows.items():
            partitioned.setdefault(name.partition("=")[0], {})[name] = row.n
    closed: set[str] = set()
    for sizes in partitioned.values():
        closed |= with_second(small & sizes.keys(), sizes)
    return frozenset(closed)


def _group_cell(row: MetricValue | None, is_withheld: bool) -> str:
    if row is None:
        return UNDEFINED
    return WITHHELD if is_withheld else interval(row.value, row.ci_low, row.ci_high)


def pairs(about: Subject) -> Iterator[Block]:
    """All pairs of ranked runs on macro AUROC, one family, corrected by Holm."""
    compared = about.compared
    ranked = (row.numbers[HEADLINE] for row in about.board.ranked)
    if compared is None or (about.is_closed and any(map(is_small, ranked))):
        return
    marks = about.marks
    yield Heading(Section.PAIRS)
    yield Grid(
        f"Paired differences in AUROC {compared.label_set}, percentage points; "
        f"m = {len(compared.pairs)}, B = {compared.num_resamples:,} shared replicates over "
        "patients.",
        ("pair", "difference (95 % interval)", "p", "p (Holm)"),
        tuple(
            (f"{marks[a]} − {marks[b]}", *_pair_cells(each))
            for (a, b), each in compared.pairs.items()
        ),
    )
    yield Paragraph(_tied(compared, marks))
    yield Grid(
        "What kind of statement each difference is.",
        ("pair", "statement"),
        tuple((f"{marks[a]} − {marks[b]}", told) for (a, b), told in compared.statements.items()),
        (0.15, 0.85),
    )


def _pair_cells(each: Comparison) -> tuple[str, ...]:
    shown = interval(each.difference, each.ci_low, each.ci_high, is_signed=True)
    return shown, p_value(each.p_value), p_value(each.p_holm)


def _tied(compared: Compared, marks: dict[str, str]) -> str:
    if compared.tied is None:
        return (
            "Which runs are tied with the highest cannot be told: there are too few replicates "
            "for so many pairs; compare them with more (cxr compare --num-resamples)."
        )
    first, *tied = (marks[run_id] for run_id in compared.tied)
    others = f"not significantly below it: {', '.join(tied)}" if tied else "all others are below"
    return f"Highest observed: {first}; {others} (5 %, Holm)."
