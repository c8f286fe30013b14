"""Finding × run, and one finding in detail."""

from collections.abc import Container, Sequence
from dataclasses import dataclass

from core.findings import FINDINGS
from core.metrics.table import METRICS
from dashboard.components.frame import scrolling
from dashboard.components.markup import Markup, element, joined, link, plain, styled
from dashboard.components.numbers import Notes, number, unit_of
from dashboard.components.run_name import run_name
from dashboard.context import Context
from dashboard.queries.breakdown import FindingRow, may_be_ranked
from dashboard.queries.cells import Cell, Place, cells_of
from dashboard.queries.reading import AnyRun
from dashboard.typography import count, name, percent

DETAIL = ("auroc", "average_precision", "f1", "precision", "recall", "specificity")
NOT_ANNOTATED = "not annotated, n = 0"


def matrix(
    rows: Sequence[FindingRow],
    runs: Sequence[AnyRun],
    metric: str,
    finding: str,
    context: Context,
    mapped: Container[str] = (),
) -> Markup:
    """One metric for all findings and runs.

    Args:
        rows: As `breakdown` gives them.
        runs: Columns, in order.
        metric: A row of `METRICS`.
        finding: The one that is shown in detail.
        context: Carried by the links.
        mapped: Runs with maps of this data set, whose cells lead to the images.
    """
    notes = Notes()
    heads = ("Finding", "Images", "Positive", "Prevalence, %")
    cells = [
        element("th", {"scope": "col", "class": "num" if place else ""}, head)
        for place, head in enumerate(heads)
    ]
    look = _Look(runs, metric, finding, context, mapped, notes)
    body = [_row(row, look) for row in rows]
    head = plain("thead", plain("tr", *cells, *(_run_head(run, context) for run in runs)))
    table = styled("table", "matrix", head, plain("tbody", *body))
    label = f"{METRICS[metric].label} by finding and run"
    return joined((scrolling(label, table), notes.block()))


def detail(runs: Sequence[AnyRun], where: Place, finding: str, context: Context) -> Markup:
    """Every metric of one finding, run by run."""
    notes = Notes()
    heads = (
        element("th", {"class": "num", "scope": "col"}, f"{METRICS[metric].label}, %")
        for metric in DETAIL
    )
    head = plain("thead", plain("tr", element("th", {"scope": "col"}, "Run"), *heads))
    body = (
        plain(
            "tr",
            run_name(
                run.look,
                context.run(run.run_id),
                "" if may_be_ranked(run, where) else "not ranked",
            ),
            *(number(cells_of(run, where, metric).get(finding), notes) for metric in DETAIL),
        )
        for run in runs
    )
    table = plain("table", head, plain("tbody", *body))
    return joined((scrolling(f"{name(finding)} by run", table), notes.block()))


def _run_head(run: AnyRun, context: Context) -> Markup:
    look = run.look
    backbone = link(context.run(run.run_id), look.backbone)
    style = {"class": "glyph", "style": f"color:{look.colour}", "aria-hidden": "true"}
    remark = (plain("br"), look.remark.removeprefix(" · ")) if look.remark else ()
    lines = (element("span", style, look.glyph), backbone, plain("br"), look.head, *remark)
    return element("th", {"class": "num", "scope": "col"}, *lines)


@dataclass(frozen=True)
class _Look:
    runs: Sequence[AnyRun]
    metric: str
    finding: str
    context: Context
    mapped: Container[str]
    notes: Notes

    def images(self, run: AnyRun, finding: str) -> str:
        """Where the images behind a cell are; "" where there are none."""
        if run.run_id not in self.mapped or finding not in FINDINGS:
            return ""
        choice = {"layout": "One finding", "seen_by": run.run_id, "seen": finding}
        return self.context.link("attention", choice)


def _row(row: FindingRow, look: _Look) -> Markup:
    is_finding = row.finding in FINDINGS
    choice = {"metric": METRICS[look.metric].label, "finding": row.finding}
    address = look.context.link("findings", choice)
    reachable = link(address, name(row.finding)) if row.is_annotated else name(row.finding)
    title = reachable if is_finding else _average_name(row)
    current = {"aria-current": "true"} if row.finding == look.finding else {}
    head = element("th", {"scope": "row"}, title)
    if not row.is_annotated:
        width = str(3 + len(look.runs))
        reason = styled("span", "small muted", f"–  {NOT_ANNOTATED}")
        return element("tr", current, head, element("td", {"colspan": width}, reason))
    numbers = (
        _tinted(row.cells.get(run.run_id), look, look.images(run, row.finding)) for run in look.runs
    )
    return element("tr", current, head, *_counts(row), *numbers)


def _average_name(row: FindingRow) -> Markup:
    label_set = row.counts.label_set if row.counts else None
    return plain("em", label_set or row.finding)


def _counts(row: FindingRow) -> tuple[Markup, ...]:
    counts = row.counts
    assert counts is not None
    shown = (count(counts.n), count(counts.n_positive), percent(row.prevalence))
    return tuple(styled("td", "num muted-cell", each) for each in shown)


def _tinted(cell: Cell | None, look: _Look, address: str) -> Markup:
    """The number on a faint ground that grows with it: blue above chance, orange below."""
    metric = look.metric
    written = number(cell, look.notes, address, unit=unit_of(metric))
    if cell is None or cell.value is None or not METRICS[metric].percent:
        return written
    share = 2 * cell.value - 1 if metric == "auroc" else cell.value
    hue = "0 114 178" if share >= 0 else "230 159 0"
    style = f'style="--tint:rgb({hue} / {min(abs(share), 1) * 0.34:.2f})" '
    return Markup(written.replace("<td ", f"<td {style}", 1))
