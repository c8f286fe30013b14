"""Numbers as the words of a table: per cent, interval, flag, and what may not be told."""

from core.metrics.flags import FEW_POSITIVES, THIN_POSITIVES
from core.report.numbers import Number

MIN_PATIENTS = 10
"""Cells of restricted data over fewer stay out of what is published (PROTOCOL section 8)."""

WITHHELD = "withheld"
UNDEFINED = "–"
DOUBTFUL = "†"
"""Marks an interval that may be too narrow."""


def is_small(number: Number) -> bool:
    """Whether so few patients stand behind a number that it may point to them.

    Of a finding the positive and the negative images count too: a patient has one at least.
    """
    if not number.n:
        return False
    groups = (number.n_positive, number.n - number.n_positive)
    few = FEW_POSITIVES in (number.flag or "") or min(groups) < MIN_PATIENTS
    return number.n_patients < MIN_PATIENTS or (number.label_set is None and few)


def cell(number: Number | None, is_closed: bool = False) -> str:
    """A value in per cent with its interval: "82.1 (79.0–84.9)".

    Args:
        number: None where nothing was measured.
        is_closed: Whether small cells are withheld.
    """
    if number is None or (number.value is None and not number.n):
        return UNDEFINED
    if is_closed and is_small(number):
        return WITHHELD
    if number.value is None:
        return UNDEFINED
    doubt = any(each in (number.flag or "") for each in (FEW_POSITIVES, THIN_POSITIVES))
    shown = interval(number.value, number.ci_low, number.ci_high)
    return f"{shown}{DOUBTFUL}" if doubt else shown


def count(number: Number | None, images: int, is_closed: bool = False) -> str:
    """A count of images that belongs to a number, withheld where it is small."""
    if number is None:
        return UNDEFINED
    return WITHHELD if is_closed and is_small(number) else f"{images:,}"


def interval(
    value: float | None, low: float | None, high: float | None, is_signed: bool = False
) -> str:
    """A share in per cent with its bounds; a difference carries its sign."""
    if value is None:
        return UNDEFINED
    sign = "+" if is_signed else ""
    shown = f"{100 * value:{sign}.1f}"
    if low is None or high is None:
        return shown
    between = " to " if is_signed else "–"
    bounds = between.join(f"{100 * bound:{sign}.1f}" for bound in (low, high))
    return f"{shown} ({bounds})".replace("-", "−")


def p_value(value: float | None) -> str:
    """A p value to four decimals; very small ones in powers of ten."""
    if value is None:
        return UNDEFINED
    return f"{value:.4f}" if value >= 0.0001 else f"{value:.1e}"
