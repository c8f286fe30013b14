"""Numbers as the words of a table: per cent, interval, flag, and what may not be told."""

import re
from collections.abc import Mapping, Sequence, Set

from core.metrics.flags import FEW_POSITIVES, THIN_POSITIVES
from core.metrics.values import MetricValue
from core.report.numbers import Number
from core.written import UNDEFINED, written

MIN_PATIENTS = 10
"""Cells of restricted data over fewer stay out of what is published (PROTOCOL section 8)."""

WITHHELD = "withheld"
DOUBTFUL = "†"
"""Marks an interval that may be too narrow."""


_NUMBER_AND_BRACKETS = re.compile(r"([−+]?[\d.,]+) (\(.+)")


def is_small(number: Number | MetricValue) -> bool:
    """Whether so few patients stand behind a number that it may point to them.

    Of a finding the positive and the negative images count too: a patient has one at least. An
    average over one finding is that finding.
    """
    if not number.n:
        return False
    groups = (number.n_positive, number.n - number.n_positive)
    few = FEW_POSITIVES in (number.flag or "") or min(groups) < MIN_PATIENTS
    is_finding = number.label_set is None or number.n_labels == 1
    return number.n_patients < MIN_PATIENTS or (is_finding and few)


def withheld(averages: Sequence[Mapping[str, Number]]) -> frozenset[str]:
    """The findings that stay out of a table: those of which any number is small, and seconds.

    Where one finding alone would be missing from an average, the one with the next fewest
    positives goes with it: the others, taken from the average, would leave it over. A finding
    without a value is in no average, and so hides nothing.

    Args:
        averages: Of every average that is told, the number of each finding, by name.
    """
    hidden: set[str] = set()
    for numbers in averages:
        small = {name for name, number in numbers.items() if is_small(number)}
        sizes = {
            name: number.n_positive for name, number in numbers.items() if number.value is not None
        }
        hidden |= small | with_second(small & sizes.keys(), sizes)
    return frozenset(hidden)


def with_second(small: Set[str], sizes: Mapping[str, int]) -> frozenset[str]:
    """Small cells, and where there is one alone, the smallest of the others with it.

    Args:
        small: Names of the small cells.
        sizes: Of all cells with which they add up to something that is told.
    """
    others = [name for name in sizes if name not in small]
    second = {min(others, key=lambda name: sizes[name])} if len(small) == 1 and others else set()
    return frozenset(small | second)


def cell(number: Number | None, is_closed: bool = False, is_second: bool = False) -> str:
    """A value in per cent with its interval: "82.1 (79.0–84.9)".

    Args:
        number: None where nothing was measured.
        is_closed: Whether small cells are withheld.
        is_second: Whether it is withheld whatever its size, lest another follow from it.
    """
    if number is None or (number.value is None and not number.n):
        return UNDEFINED
    if is_second or (is_closed and is_small(number)):
        return WITHHELD
    if number.value is None:
        return UNDEFINED
    doubt = any(each in (number.flag or "") for each in (FEW_POSITIVES, THIN_POSITIVES))
    shown = interval(number.value, number.ci_low, number.ci_high)
    return f"{shown}{DOUBTFUL}" if doubt else shown


def count(
    number: Number | None, images: int, is_closed: bool = False, is_second: bool = False
) -> str:
    """A count of images that belongs to a number, withheld where that is."""
    if number is None:
        return UNDEFINED
    return WITHHELD if is_second or (is_closed and is_small(number)) else f"{images:,}"


def interval(
    value: float | None, low: float | None, high: float | None, is_signed: bool = False
) -> str:
    """A share in per cent with its bounds; a difference carries its sign."""
    if value is None:
        return UNDEFINED
    form = "+.1f" if is_signed else ".1f"
    shown = written(100 * value, form)
    if low is None or high is None:
        return shown
    between = " to " if is_signed else "–"
    bounds = between.join(written(100 * bound, form) for bound in (low, high))
    return f"{shown} ({bounds})"


def value_and_interval(cell: str) -> tuple[str, str] | None:
    """A cell's number and what stands in brackets after it; None where it has not both."""
    found = _NUMBER_AND_BRACKETS.fullmatch(cell)
    return (found[1], found[2]) if found else None
