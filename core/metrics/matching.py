"""Weights that give one data set another's mix of strata: target re-weighted to source test.

A gap that shrinks under them goes with the strata; nothing says that it is explained by them.

Shapes: N images.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from core.errors import DataError
from core.metrics.ratio import Values


@dataclass(frozen=True, eq=False)
class Matching:
    """Weights of the target's images, and how far they reach.

    Args:
        weights: float64 [N], p_source(s) / p_target(s) of the image's stratum s; 0 where the
            source has none of it.
        effective_n: (Σ w)² / Σ w², Kish's; 0 where nothing matches.
        unsupported_source: Share of the source in strata that the target lacks.
        unsupported_target: Share of the target in strata that the source lacks.
    """

    weights: Values
    effective_n: float
    unsupported_source: float
    unsupported_target: float


def match(target: pl.DataFrame, source: pl.DataFrame, on: Sequence[str]) -> Matching:
    """Weights w(s) = p_source(s) / p_target(s) on the joint strata of some columns.

    Args:
        target: One row per image that is weighted.
        source: One row per image of the mix that is wanted.
        on: Columns that both have; a null is a stratum like any other.

    Raises:
        DataError: If a column is missing, or either side has no image.

    Source:
        Post-stratification: Holt and Smith, JRSS A 1979. Kish, Survey Sampling 1965 (effective n).
    """
    _check(target, source, on)
    # In a fixed order: sums over strata are the same bits every time.
    num_target = target.group_by(on, maintain_order=True).agg(num_target=pl.len())
    num_source = source.group_by(on, maintain_order=True).agg(num_source=pl.len())
    strata = num_target.join(
        num_source,
        on=list(on),
        how="full",
        coalesce=True,
        nulls_equal=True,
        maintain_order="left_right",
    )
    strata = strata.with_columns(
        p_target=pl.col("num_target") / target.height,
        p_source=pl.col("num_source") / source.height,
    ).with_columns(weight=(pl.col("p_source") / pl.col("p_target")).fill_null(0))
    matched = target.select(on).join(
        strata, on=list(on), how="left", nulls_equal=True, maintain_order="left"
    )
    weights = matched["weight"].to_numpy()
    squares = float(np.sum(weights**2))
    return Matching(
        weights=weights,
        effective_n=float(weights.sum() ** 2 / squares) if squares else 0.0,
        unsupported_source=_mass(strata, "p_source", "p_target"),
        unsupported_target=_mass(strata, "p_target", "p_source"),
    )


def _mass(strata: pl.DataFrame, of: str, where_null: str) -> float:
    return float(strata.filter(pl.col(where_null).is_null())[of].sum())


def _check(target: pl.DataFrame, source: pl.DataFrame, on: Sequence[str]) -> None:
    problems = [
        f"{name}: no column {column!r} to match on."
        for name, side in (("target", target), ("source", source))
        for column in on
        if column not in side.columns
    ]
    sides = (("target", target), ("source", source))
    problems += [f"{name}: no image to match." for name, side in sides if not side.height]
    if problems:
        raise DataError(problems)
