"""A target's prevalence from its scores alone, and probabilities moved to another prevalence.

What follows from `target_prevalence` has used the target's scores without labels: its
`target_use` is `unlabelled`; with the true prevalence it is `labels`.

Source:
    Saerens, Latinne and Decaestecker, Neural Computation 2002, equations 2.4 and 2.9.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.metrics.ratio import Values, defined

TARGET_USE = "unlabelled"
"""Of probabilities that are corrected to an estimated prevalence."""

MAX_STEPS = 10_000
TOLERANCE = 1e-10


@dataclass(frozen=True)
class EstimatedPrevalence:
    """Share of positives that makes the scores most likely.

    Args:
        value: None without scores.
        num_steps: Steps of EM.
        converged: Whether the last step moved it by less than 1e-10.
    """

    value: float | None
    num_steps: int
    converged: bool


def target_prevalence(
    scores: NDArray[np.floating], source_prevalence: float
) -> EstimatedPrevalence:
    """Estimates one finding's prevalence by EM; only the prevalence may have shifted.

    Args:
        scores: float [N], probabilities calibrated at the source's prevalence.
        source_prevalence: Between 0 and 1.

    Raises:
        DataError: If `source_prevalence` is not between 0 and 1.
    """
    _check(source_prevalence, "source")
    prevalence, step = source_prevalence, np.inf
    for num_steps in range(1, MAX_STEPS + 1 if len(scores) else 1):
        moved = float(np.mean(at_prevalence(scores, source_prevalence, prevalence)))
        step, prevalence = abs(moved - prevalence), moved
        if step < TOLERANCE or not 0 < prevalence < 1:
            return EstimatedPrevalence(prevalence, num_steps, converged=True)
    value = defined(prevalence) if len(scores) else None
    return EstimatedPrevalence(value, MAX_STEPS if len(scores) else 0, converged=False)


def at_prevalence(
    scores: NDArray[np.floating], source_prevalence: float, prevalence: float
) -> Values:
    """Probabilities by Bayes' rule under another prevalence: float64 [N].

    Args:
        scores: float [N], probabilities at the source's prevalence.
        source_prevalence: Between 0 and 1.
        prevalence: Between 0 and 1.

    Raises:
        DataError: If a prevalence is not between 0 and 1.
    """
    _check(source_prevalence, "source")
    _check(prevalence, "new")
    shown = scores.astype(np.float64)
    up = shown * (prevalence / source_prevalence)
    down = (1 - shown) * ((1 - prevalence) / (1 - source_prevalence))
    return up / (up + down)


def _check(prevalence: float, which: str) -> None:
    if not 0 < prevalence < 1:
        raise DataError([f"the {which} prevalence is {prevalence}, not between 0 and 1."])
