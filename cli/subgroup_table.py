"""Subgroups side by side: macro AUROC, and how unequal the sensitivities are."""

from collections.abc import Sequence

from cli import output
from core.metrics.gaps import Gap
from core.metrics.values import MACRO, MetricValue
from core.report import RunNumbers
from core.report.subgroups import gaps_of, opportunity_gaps, partitions
from core.store import ResultStore
from core.written import written


def print_subgroups(results: ResultStore, row: RunNumbers, policy: str) -> None:
    """A row a group, then the largest gaps; nothing where no group was measured."""
    found = partitions(results, row.record.run_id, row.dataset, "test")
    if not found:
        return
    output.line("Subgroups: macro AUROC, per cent; averages over other findings do not compare.")
    heads = ("subgroup", "images", "patients", "AUROC macro", "95 % interval", "findings", "note")
    table = output.narrow(*heads)
    for groups in found.values():
        for name, rows in groups.items():
            table.add_row(name, *_cells(rows))
    output.table(table)
    for column, groups in found.items():
        for what, gaps in (
            ("AUROC", gaps_of(groups, "auroc")),
            (f"sensitivity at {policy}", opportunity_gaps(groups, policy)),
        ):
            if largest := _largest(gaps):
                output.line(f"Largest gap in {what} by {column}: {_told(largest)}.")


def _cells(rows: Sequence[MetricValue]) -> tuple[str, ...]:
    (macro,) = (row for row in rows if (row.finding, row.metric) == (MACRO, "auroc"))
    if macro.value is None:
        return f"{macro.n:,}", f"{macro.n_patients:,}", "–", "–", "0", macro.flag or ""
    interval = "–"
    if macro.ci_low is not None and macro.ci_high is not None:
        interval = f"{100 * macro.ci_low:.1f}–{100 * macro.ci_high:.1f}"
    value = f"{100 * macro.value:.1f}"
    counts = f"{macro.n:,}", f"{macro.n_patients:,}"
    return *counts, value, interval, str(macro.n_labels), macro.flag or ""


def _largest(gaps: Sequence[Gap]) -> Gap | None:
    """The largest gap of a single finding; None where no gap is defined."""
    sure = [
        gap
        for gap in gaps
        if gap.comparison.difference is not None and gap.finding not in (MACRO, "weighted")
    ]
    return max(sure, key=lambda gap: abs(gap.comparison.difference or 0.0), default=None)


def _told(gap: Gap) -> str:
    each = gap.comparison
    assert each.difference is not None
    interval = ""
    if each.ci_low is not None and each.ci_high is not None:
        low, high = (written(100 * end, "+.1f") for end in (each.ci_low, each.ci_high))
        interval = f" [{low} to {high}]"
    return (
        f"{gap.finding}, {gap.subgroup} − {gap.other}: "
        f"{written(100 * each.difference, '+.1f')} points"
        f"{interval}, the largest of many, unadjusted"
    )
