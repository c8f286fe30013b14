"""What changes from source test to target, and what thresholds promised against what they give."""

from collections.abc import Sequence

from core.metrics.table import METRICS
from dashboard.components.frame import scrolling
from dashboard.components.markup import Markup, element, joined, link, plain, styled
from dashboard.components.numbers import Notes, number, span
from dashboard.context import Context
from dashboard.queries.cells import Cell
from dashboard.queries.shift import OPERATING, Promise, Shifted
from dashboard.typography import NOTHING, count, name, percent

_HEADS = (
    "Source test, %",
    "Target, %",
    "Gap, points",
    "Prevalence, %: source test → target",
    "Positive: source test → target",
)


def shift_table(rows: Sequence[Shifted], label: str, context: Context) -> Markup:
    """One metric on both sides, one row a finding.

    Args:
        rows: As `shifted` gives them.
        label: Of the metric.
        context: Carried by the links.
    """
    notes = Notes()
    heads = (element("th", {"scope": "col", "class": "num"}, each) for each in _HEADS)
    head = plain("thead", plain("tr", element("th", {"scope": "col"}, "Finding"), *heads))
    body = (_row(row, context, notes) for row in rows)
    table = plain("table", head, plain("tbody", *body))
    return joined((scrolling(f"{label} on source test and target", table), notes.block()))


def _row(row: Shifted, context: Context, notes: Notes) -> Markup:
    address = context.link("findings", {"finding": row.finding})
    sides = (row.home, row.away)
    rates = " → ".join(percent(_prevalence(side)) for side in sides)
    positives = " → ".join(count(side.n_positive if side else None) for side in sides)
    return plain(
        "tr",
        element("th", {"scope": "row"}, link(address, name(row.finding))),
        number(row.home, notes),
        number(row.away, notes),
        span(row.gap, is_difference=True),
        styled("td", "num", rates),
        styled("td", "num", positives),
    )


def _prevalence(cell: Cell | None) -> float | None:
    if cell is None or not cell.n or cell.n_positive is None:
        return None
    return cell.n_positive / cell.n


def promise_table(rows: Sequence[Promise]) -> Markup:
    """What each finding's threshold promised on source test → delivers on the target."""
    labels = (_label(metric) for metric in OPERATING)
    heads = (element("th", {"scope": "col", "class": "num"}, label) for label in labels)
    head = plain("thead", plain("tr", element("th", {"scope": "col"}, "Finding"), *heads))
    body = (
        plain(
            "tr",
            element("th", {"scope": "row"}, name(row.finding)),
            *(_pair(*row.pairs[metric], metric) for metric in OPERATING),
        )
        for row in rows
    )
    return scrolling(
        "Operating points, source test against target", plain("table", head, plain("tbody", *body))
    )


def _label(metric: str) -> str:
    return "Alerts per 1,000 images" if metric == "alert_rate" else f"{METRICS[metric].label}, %"


def _pair(home: Cell | None, away: Cell | None, metric: str) -> Markup:
    shown = _per_1000 if metric == "alert_rate" else percent
    values = [shown(cell.value) if cell else NOTHING for cell in (home, away)]
    promised = styled("span", "promised", f"{values[0]} → ")
    return styled("td", "num", promised, styled("span", "value", values[1]))


def _per_1000(value: float | None) -> str:
    return NOTHING if value is None else f"{1000 * value:.0f}"
