"""What an operating point promised on source test, and what it delivered on a target."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.findings import FINDINGS, Finding
from core.report.numbers import Number, RunNumbers, run_numbers
from core.store.results import ResultStore

PROMISES: Mapping[str, str] = {
    "recall": "sensitivity",
    "specificity": "specificity",
    "precision": "PPV",
    "negative_predictive_value": "NPV",
    "alert_rate": "alerts per 1,000",
}
"""Metrics of an operating point, by what the table calls them."""

PER_IMAGES = 1000
"""Alert rates are told per 1,000 images."""


@dataclass(frozen=True)
class Delivery:
    """One finding at one threshold policy.

    Args:
        finding: Which.
        promised: Metric to its number on source test.
        delivered: The same on the target.
    """

    finding: Finding
    promised: Mapping[str, Number]
    delivered: Mapping[str, Number]


def threshold_transfer(
    results: ResultStore, target: RunNumbers, policy: str
) -> tuple[Delivery, ...]:
    """Promise and delivery of every finding that has a value on both sides.

    Args:
        results: Holds the run's numbers on its source.
        target: Its numbers on the target.
        policy: A policy whose thresholds come from the source.

    Raises:
        DataError: If tables are damaged.
    """
    record = target.record
    if record.source is None:
        return ()
    home = run_numbers(results, record.run_id, record.source, "test")
    pairs = (
        Delivery(finding, _at(home, finding, policy), _at(target, finding, policy))
        for finding in FINDINGS
    )
    return tuple(each for each in pairs if _has_value(each.promised) and _has_value(each.delivered))


def _at(row: RunNumbers, finding: Finding, policy: str) -> dict[str, Number]:
    asked = {metric: (str(finding), metric, policy) for metric in PROMISES}
    return {metric: row.numbers[key] for metric, key in asked.items() if key in row.numbers}


def _has_value(numbers: Mapping[str, Number]) -> bool:
    return any(number.value is not None for number in numbers.values())
