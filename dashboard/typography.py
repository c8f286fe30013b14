"""Numbers and names as text: one decimal of a per cent, and a dash for what is undefined."""

from core.written import MINUS, UNDEFINED, finding_name, written

NOTHING, name = UNDEFINED, finding_name


def percent(value: float | None) -> str:
    """0.7168 → "71.7"; the sign says per cent where the column does not."""
    return NOTHING if value is None else written(100 * value, ".1f")


def signed(value: float | None) -> str:
    """A difference in percentage points: −0.123 → "−12.3", 0.05 → "+5.0", −0.0001 → "0.0"."""
    return NOTHING if value is None else written(100 * value, "+.1f")


def decimal(value: float | None) -> str:
    """A value that is no share: −0.123 → "−0.12", 1.5 → "1.50"."""
    return NOTHING if value is None else written(value, ".2f")


def decimal_interval(low: float | None, high: float | None) -> str:
    """(0.7, 1.2) → "0.70 to 1.20"."""
    return "" if low is None or high is None else f"{decimal(low)} to {decimal(high)}"


def points(value: float) -> str:
    """A width in percentage points: 0.0042 → "0.42"."""
    return f"{100 * value:.2f}"


def interval(low: float | None, high: float | None) -> str:
    """(0.7, 0.732) → "70.0–73.2"; "to" between bounds of which one is negative."""
    if low is None or high is None:
        return ""
    bounds = (percent(low), percent(high))
    return (" to " if MINUS in "".join(bounds) else "–").join(bounds)


def count(number: int | None) -> str:
    """25596 → "25,596"."""
    return NOTHING if number is None else f"{number:,}"


def plural(number: int, noun: str) -> str:
    """1 → "1 image", 2 → "2 images"."""
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def label_text(text: str) -> str:
    """A name as a figure's label: plotly reads some HTML there, and a name must stay a name."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
