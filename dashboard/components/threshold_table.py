"""What one threshold does: the four outcomes, and the rates that follow from them."""

from dashboard.components.frame import scrolling
from dashboard.components.markup import Markup, element, plain, styled
from dashboard.queries.exploration import AtThreshold
from dashboard.typography import NOTHING, count, percent


def threshold_table(found: AtThreshold) -> Markup:
    """Outcomes and rates of one threshold, in one row."""
    counts = found.counts
    cells = {
        "True positives": count(int(counts.tp)),
        "False positives": count(int(counts.fp)),
        "False negatives": count(int(counts.fn)),
        "True negatives": count(int(counts.tn)),
        "Sensitivity, %": percent(found.sensitivity),
        "Specificity, %": percent(found.specificity),
        "PPV, %": percent(found.ppv),
        "NPV, %": percent(found.npv),
        "Alerts per 1,000 images": _per_1000(found.alert_rate),
    }
    heads = (element("th", {"scope": "col", "class": "num"}, each) for each in cells)
    row = plain("tr", *(styled("td", "num", value) for value in cells.values()))
    return scrolling(
        "Outcomes at this threshold",
        plain("table", plain("thead", plain("tr", *heads)), plain("tbody", row)),
    )


def _per_1000(value: float | None) -> str:
    return NOTHING if value is None else f"{1000 * value:.0f}"
