"""The replicates of metrics of probabilities: products of patient counts and sums by patient.

Shapes: B replicates, S findings of slices.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from itertools import repeat

import numpy as np

from core.metrics.bootstrap import PatientBootstrap, PatientCounts
from core.metrics.ranked import PatientTerms
from core.metrics.ratio import Values
from core.metrics.table import Metric

CHUNK = 128
"""Replicates of one product; more of them would read the sums less often, and take more memory."""


def calibration_replicates(
    bootstrap: PatientBootstrap,
    terms: Sequence[PatientTerms | None],
    metrics: Sequence[Metric],
    pool: Executor,
) -> list[dict[str, Values]]:
    """Metric to float64 [1 + B] for each of S findings, the sample itself first.

    Args:
        bootstrap: Draws the patients.
        terms: S, None where nothing is asked.
        metrics: What is asked; those of ranks and outcomes are left out.
        pool: Where findings are summed side by side.
    """
    asked = [metric for metric in metrics if metric.of_probabilities]
    if not asked or not any(terms):
        return [{} for _ in terms]
    parts: list[list[list[Values]]] = []
    for counts in _counts(bootstrap):
        drawn = counts.astype(np.float64)
        parts.append(list(pool.map(_values, terms, repeat(drawn), repeat(asked))))
    return [
        {
            metric.name: np.concatenate([part[place][number] for part in parts])
            for number, metric in enumerate(asked if each else ())
        }
        for place, each in enumerate(terms)
    ]


def _counts(bootstrap: PatientBootstrap) -> Iterator[PatientCounts]:
    yield bootstrap.whole()
    yield from bootstrap.chunks(CHUNK)


def _values(terms: PatientTerms | None, drawn: Values, metrics: Sequence[Metric]) -> list[Values]:
    if terms is None:
        return []
    sums = terms.sums(drawn)
    return [metric.of_probabilities(sums) for metric in metrics if metric.of_probabilities]
