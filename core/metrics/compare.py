"""Paired comparison of runs on the same images, from their shared bootstrap replicates.

Shapes: B replicates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from core.errors import ProtocolError
from core.metrics.bootstrap import percentile_interval
from core.metrics.flags import MAX_UNDEFINED_SHARE, UNDEFINED_REPLICATES

SIGNIFICANCE_LEVEL = 0.05

Key = TypeVar("Key")


@dataclass(frozen=True, eq=False)
class Estimate:
    """What one run achieves on one metric.

    Args:
        value: None where undefined.
        replicates: float32 [B], NaN where undefined.
    """

    value: float | None
    replicates: NDArray[np.float32]


@dataclass(frozen=True)
class Comparison:
    """A difference a − b, as one test of a family.

    Args:
        difference: None where either value is undefined.
        ci_low: Lower bound of the unadjusted 95 % interval.
        ci_high: Upper bound.
        p_value: Two-sided, unadjusted; None where there are too few replicates for the family.
        p_holm: The same after Holm's correction over the family.
        num_tests: m, the size of the family.
        num_resamples: B, the replicates in which both sides are defined.
        flag: `undefined-replicates`, or None.
    """

    difference: float | None
    ci_low: float | None
    ci_high: float | None
    p_value: float | None
    p_holm: float | None
    num_tests: int
    num_resamples: int
    flag: str | None


def bootstrap_p(differences: NDArray[np.floating], num_tests: int = 1) -> float | None:
    """Two-sided p of the hypothesis that the true difference is 0.

    min(1, 2 · min((1 + #{d* ≤ 0}) / (B + 1), (1 + #{d* ≥ 0}) / (B + 1))).

    Args:
        differences: float [B], replicates of the difference; NaN where undefined, left out.
        num_tests: m, the size of the family.

    Returns:
        None where 2 m / (B + 1) > 0.05: even the smallest p could not be significant.

    Source:
        Davison and Hinkley 1997, chapter 4: (1 + count) / (B + 1), both tails.
    """
    known = differences[~np.isnan(differences)]
    draws = len(known) + 1
    if 2 * num_tests / draws > SIGNIFICANCE_LEVEL:
        return None
    at_most, at_least = np.count_nonzero(known <= 0), np.count_nonzero(known >= 0)
    return min(1.0, 2 * (1 + min(at_most, at_least)) / draws)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment: the p values of a family, in the order given.

    Source:
        Holm, Scandinavian Journal of Statistics 1979.
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    return [float(each) for each in np.minimum(adjusted, 1)]


def compare(a: Estimate, b: Estimate, num_tests: int = 1) -> Comparison:
    """Compares two estimates on the same images; p is not adjusted yet.

    Args:
        a: One side.
        b: The other, from the same replicates.
        num_tests: m, the size of the family.

    Raises:
        ProtocolError: If the sides have different numbers of replicates.
    """
    if a.replicates.shape != b.replicates.shape:
        raise ProtocolError(
            f"{len(a.replicates)} and {len(b.replicates)} replicates are not paired: "
            "evaluate both runs on the same images with the same seed and number of resamples."
        )
    if a.value is None or b.value is None:
        return Comparison(None, None, None, None, None, num_tests, 0, None)
    differences = a.replicates.astype(np.float64) - b.replicates
    interval = percentile_interval(differences)
    is_flagged = interval.num_undefined > MAX_UNDEFINED_SHARE * len(differences)
    return Comparison(
        difference=a.value - b.value,
        ci_low=interval.low,
        ci_high=interval.high,
        p_value=bootstrap_p(differences, num_tests),
        p_holm=None,
        num_tests=num_tests,
        num_resamples=len(differences) - interval.num_undefined,
        flag=UNDEFINED_REPLICATES if is_flagged else None,
    )


def compare_family(pairs: Mapping[Key, tuple[Estimate, Estimate]]) -> dict[Key, Comparison]:
    """Compares several pairs as one family, with Holm's correction.

    Its size m counts the pairs in which both values are defined.

    Args:
        pairs: What each pair is called (two runs, or a finding of one pair) to its two sides.

    Raises:
        ProtocolError: If the sides of a pair have different numbers of replicates.
    """
    num_tests = sum(a.value is not None and b.value is not None for a, b in pairs.values())
    plain = {key: compare(a, b, num_tests) for key, (a, b) in pairs.items()}
    tested = {key: each for key, each in plain.items() if each.difference is not None}
    # A test without a p (too few replicates) keeps its place in the family, as the largest.
    adjusted = holm([1.0 if each.p_value is None else each.p_value for each in tested.values()])
    p_holm = dict(zip(tested, adjusted, strict=True))
    return {
        key: each if each.p_value is None else replace(each, p_holm=p_holm[key])
        for key, each in plain.items()
    }


def compare_runs(runs: Mapping[str, Estimate]) -> dict[tuple[str, str], Comparison]:
    """Compares all pairs of runs as one family, each in the order of `runs`.

    Raises:
        ProtocolError: If the runs have different numbers of replicates.
    """
    return compare_family({(a, b): (runs[a], runs[b]) for a, b in combinations(runs, 2)})


def tied_set(runs: Mapping[str, Estimate]) -> tuple[str, ...] | None:
    """The highest observed run and all that are not significantly below it, by falling value.

    Significance is Holm's over all pairs, at 5 %; runs without a value are left out.

    Returns:
        None where a p that is needed is None: then nobody can tell.

    Raises:
        ProtocolError: If the runs have different numbers of replicates.
    """
    values = {name: each.value for name, each in runs.items() if each.value is not None}
    ranked = sorted(values, key=lambda name: -values[name])
    family = compare_runs({name: runs[name] for name in ranked})
    p_below = {name: family[ranked[0], name].p_holm for name in ranked[1:]}
    if any(p is None for p in p_below.values()):
        return None
    tied = (name for name, p in p_below.items() if p is not None and p > SIGNIFICANCE_LEVEL)
    return (*ranked[:1], *tied)
