"""Finding × run, and one finding in detail."""

from collections.abc import Sequence

from core.findings import FINDINGS
from core.metrics.table import METRICS
from dashboard.components.frame import scrolling
from dashboard.components.markup import Markup, element, joined, link, plain, styled
from dashboard.components.numbers import Notes, number
from dashboard.components.study_table import run_name
from dashboard.context import Context
from dashboard.queries.breakdown import FindingRow
from dashboard.queries.cells import Cell, Place, cells_at
from dashboard.queries.reading import Run
from dashboard.tokens import token
from dashboard.typography import count, name, percent

DETAIL = ("auroc", "average_precision", "f1", "precision", "recall", "specificity")
NOT_ANNOTATED = "not annotated, n = 0"


def matrix(
    rows: Sequence[FindingRow], runs: Sequence[Run], metric: str, finding: str, context: Context
) -> Markup:
    """One metric for all findings and runs.

    Args:
        rows: As `breakdown` gives them.
        runs: Columns, in order.
        metric: A row of `METRICS`.
        finding: The one that is shown in detail.
        context: Carried by the links.
    """
    notes = Notes()
    heads = ("Finding", "Images", "Positive", "Prevalence, %")
    cells = [
        element("th", {"scope": "col", "class": "num" if place else ""}, head)
        for place, head in enumerate(heads)
    ]
    body = [_row(row, runs, metric, finding, context, notes) for row in rows]
    head = plain("thead", plain("tr", *cells, *(_run_head(run) for run in runs)))
    table = styled("table", "matrix", head, plain("tbody", *body))
    label = f"{METRICS[metric].label} by finding and run"
    return joined((scrolling(label, table), notes.block()))


def detail(runs: Sequence[Run], where: Place, finding: str) -> Markup:
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
            run_name(token(run.record.spec), badge="" if run.record.ranked else "not ranked"),
            *(
                number(cells_at(run.metrics, where, metric).get(finding), notes)
                for metric in DETAIL
            ),
        )
        for run in runs
    )
    table = plain("table", head, plain("tbody", *body))
    return joined((scrolling(f"{name(finding)} by run", table), notes.block()))


def _run_head(run: Run) -> Markup:
    look = token(run.record.spec)
    style = {"class": "glyph", "style": f"color:{look.colour}", "aria-hidden": "true"}
    remark = (plain("br"), look.remark.removeprefix(" · ")) if look.remark else ()
    lines = (element("span", style, look.glyph), look.backbone, plain("br"), look.head, *remark)
    return element("th", {"class": "num", "scope": "col"}, *lines)


def _row(
    row: FindingRow,
    runs: Sequence[Run],
    metric: str,
    finding: str,
    context: Context,
    notes: Notes,
) -> Markup:
    is_finding = row.finding in FINDINGS
    address = context.link("findings", {"metric": METRICS[metric].label, "finding": row.finding})
    reachable = link(address, name(row.finding)) if row.is_annotated else name(row.finding)
    title = reachable if is_finding else _average_name(row)
    current = {"aria-current": "true"} if row.finding == finding else {}
    head = element("th", {"scope": "row"}, title)
    if not row.is_annotated:
        width = str(3 + len(runs))
        reason = styled("span", "small muted", f"–  {NOT_ANNOTATED}")
        return element("tr", current, head, element("td", {"colspan": width}, reason))
    numbers = (_tinted(row.cells.get(run.run_id), metric, notes) for run in runs)
    return element("tr", current, head, *_counts(row), *numbers)


def _average_name(row: FindingRow) -> Markup:
    label_set = row.counts.label_set if row.counts else None
    return plain("em", label_set or row.finding)


def _counts(row: FindingRow) -> tuple[Markup, ...]:
    counts = row.counts
    assert counts is not None
    shown = (count(counts.n), count(counts.n_positive), percent(row.prevalence))
    return tuple(styled("td", "num muted-cell", each) for each in shown)


def _tinted(cell: Cell | None, metric: str, notes: Notes) -> Markup:
    """The number on a faint ground that grows with it: blue above chance, orange below."""
    written = number(cell, notes)
    if cell is None or cell.value is None:
        return written
    share = 2 * cell.value - 1 if metric == "auroc" else cell.value
    hue = "0 114 178" if share >= 0 else "230 159 0"
    style = f'style="--tint:rgb({hue} / {min(abs(share), 1) * 0.34:.2f})" '
    return Markup(written.replace("<td ", f"<td {style}", 1))
