"""What changes from source test to target, and what thresholds promised against what they give."""

from collections.abc import Mapping, Sequence

from core.metrics.table import METRICS
from dashboard.components.frame import scrolling
from dashboard.components.markup import Markup, element, joined, link, plain, styled
from dashboard.components.numbers import Notes, number, span, unit_of
from dashboard.context import Context
from dashboard.queries.cells import Cell
from dashboard.queries.score_shift import Sides, mean
from dashboard.queries.shift import Promise, Shifted
from dashboard.typography import NOTHING, count, decimal, name, percent

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


def pair_table(rows: Sequence[Promise], metrics: Sequence[str], label: str) -> Markup:
    """Metrics on source test → on the target, one row a finding.

    Args:
        rows: As `both_sides` gives them.
        metrics: Columns, rows of `METRICS`.
        label: Of the table.
    """
    heads = (element("th", {"scope": "col", "class": "num"}, _label(metric)) for metric in metrics)
    head = plain("thead", plain("tr", element("th", {"scope": "col"}, "Finding"), *heads))
    body = (
        plain(
            "tr",
            element("th", {"scope": "row"}, name(row.finding)),
            *(_pair(*row.pairs[metric], metric) for metric in metrics),
        )
        for row in rows
    )
    return scrolling(label, plain("table", head, plain("tbody", *body)))


def _label(metric: str) -> str:
    if metric == "alert_rate":
        return "Alerts per 1,000 images"
    return f"{METRICS[metric].label}, %" if METRICS[metric].percent else METRICS[metric].label


def _pair(home: Cell | None, away: Cell | None, metric: str) -> Markup:
    values = [_shown(cell.value, metric) if cell else NOTHING for cell in (home, away)]
    promised = styled("span", "promised", f"{values[0]} → ")
    return styled("td", "num", promised, styled("span", "value", values[1]))


def _shown(value: float | None, metric: str) -> str:
    if metric == "alert_rate":
        return NOTHING if value is None else f"{1000 * value:.0f}"
    return percent(value) if METRICS[metric].percent else decimal(value)


def corrected_table(found: Mapping[str, Mapping[str, Cell]]) -> Markup:
    """Macro averages of probabilities that were moved to the target's prevalence, one row each."""
    notes = Notes()
    metrics = [name for name in METRICS if any(name in cells for cells in found.values())]
    heads = (element("th", {"scope": "col", "class": "num"}, _label(metric)) for metric in metrics)
    head = plain("thead", plain("tr", element("th", {"scope": "col"}, "Probabilities"), *heads))
    body = (
        plain(
            "tr",
            element("th", {"scope": "row"}, title),
            *(number(cells.get(metric), notes, unit=unit_of(metric)) for metric in metrics),
        )
        for title, cells in found.items()
    )
    table = plain("table", head, plain("tbody", *body))
    return joined((scrolling("Calibration before and after correction", table), notes.block()))


def score_table(rows: Sequence[Sides]) -> Markup:
    """Prevalence and mean score on both sides, and how far the scores' distributions lie apart."""
    heads = ("Prevalence, %", "Mean score, %", "Distance of the scores, %")
    cells = (element("th", {"scope": "col", "class": "num"}, each) for each in heads)
    head = plain("thead", plain("tr", element("th", {"scope": "col"}, "Finding"), *cells))
    body = (
        plain(
            "tr",
            element("th", {"scope": "row"}, name(row.finding)),
            _moved(mean(row.home.labels), mean(row.away.labels)),
            _moved(mean(row.home.scores), mean(row.away.scores)),
            styled("td", "num", percent(row.distance)),
        )
        for row in rows
    )
    return scrolling("Prevalence and scores", plain("table", head, plain("tbody", *body)))


def _moved(home: float, away: float) -> Markup:
    before = styled("span", "promised", f"{percent(home)} → ")
    return styled("td", "num", before, styled("span", "value", percent(away)))
