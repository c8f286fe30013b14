"""The sentences that pages open with."""

import polars as pl

from dashboard.components.markup import Markup, joined, plain
from dashboard.components.wording import label_set, sample, thresholds
from dashboard.queries.attention import Column
from dashboard.queries.breakdown import Extremes
from dashboard.queries.cells import Cell, Place
from dashboard.queries.leaderboard import Leaderboard, Tie
from dashboard.queries.reading import AnyRun
from dashboard.queries.selection import OUTCOMES
from dashboard.typography import interval, name, percent, plural


def headline(board: Leaderboard, is_synthetic: bool) -> Markup:
    """The highest observed run of a leaderboard, its interval, and who is tied with it."""
    where = board.where
    if not board.ranked:
        return joined(
            (f"On {where.dataset} ({where.split}) no run can be ranked; the reasons stand below.",)
        )
    top = board.ranked[0]
    assert top.cell is not None
    sources = sorted({row.run.record.source or "" for row in board.ranked})
    kind = "synthetic phantom; " if is_synthetic else ""
    bounds = interval(top.cell.low, top.cell.high)
    return joined(
        (
            f"On {where.dataset} ({kind}{where.split}, {sample(top.cell)}; "
            f"{thresholds(where.policy, sources)}) the highest observed ",
            f"{label_set(top.cell, [name(finding) for finding in top.findings])} is ",
            plain("strong", f"{top.look.title}, {percent(top.cell.value)} %"),
            f" [{bounds}]; " if bounds else "; ",
            _tied(board.tie, board.num_ranked),
        )
    )


def _tied(tie: Tie | None, num_ranked: int) -> str:
    if num_ranked == 1 or tie is None:
        return "it is the only ranked run, so nothing is compared."
    pairs = f"Holm over {tie.num_pairs} pair{'s' if tie.num_pairs > 1 else ''}"
    if tie.run_ids is None:
        return (
            f"which runs are tied with it cannot be told from {tie.num_resamples:,} shared "
            f"replicates ({pairs})."
        )
    others = len(tie.run_ids) - 1
    if others == 0:
        return f"every other ranked run is significantly below it ({pairs})."
    verb = "other run is" if others == 1 else "other runs are"
    return f"{others} {verb} not significantly below it ({pairs})."


def span_of_findings(
    found: Extremes | None, where: Place, metric: str, is_synthetic: bool
) -> Markup:
    """Where a metric's highest observed value is largest and smallest over the findings."""
    kind = " (synthetic phantom)" if is_synthetic else ""
    if found is None:
        return joined((f"On {where.dataset}{kind}, no ranked run has a quotable {metric} here.",))
    finding, run, cell = found.largest
    start = (
        f"On {where.dataset}{kind}, {where.split} split, {found.num_annotated} of 14 findings "
        f"{'is' if found.num_annotated == 1 else 'are'} annotated; the highest observed {metric} "
    )
    first = (plain("strong", f"{name(finding)}: {percent(cell.value)} %"), _reached(run, cell))
    if found.smallest[0] == finding:
        return joined((start, "is on ", *first, "."))
    other, other_run, other_cell = found.smallest
    last = (
        plain("strong", f"{name(other)}: {percent(other_cell.value)} %"),
        _reached(other_run, other_cell),
    )
    return joined((start, "is largest on ", *first, " and smallest on ", *last, "."))


def _reached(run: AnyRun, cell: Cell) -> str:
    bounds = interval(cell.low, cell.high)
    return (f" [{bounds}]" if bounds else "") + f" ({run.look.title})"


def verdicts(focus: Column, assessed: pl.DataFrame, where: Place, is_synthetic: bool) -> Markup:
    """How a run did on the images that it has maps of.

    Args:
        focus: The run and finding.
        assessed: Columns `ASSESSED` of `dashboard.queries.selection`.
        where: Data set, split and policy.
        is_synthetic: Whether the images are made by a program.
    """
    kind = "synthetic phantom; " if is_synthetic else ""
    counts = dict(assessed["outcome"].drop_nulls().value_counts().rows())
    known = [plural(counts[code], OUTCOMES[code]) for code in OUTCOMES if code in counts]
    told = ", ".join(known) or "no outcome, since labels or thresholds are missing"
    source = focus.run.record.spec.source
    return joined(
        (
            f"On {where.dataset} ({kind}{where.split}), ",
            plain("strong", f"{focus.look.title} on {name(focus.finding)}"),
            f" has maps of {plural(assessed.height, 'image')}: {told} "
            f"({thresholds(where.policy, [source])}).",
        )
    )
