"""What a leaderboard says of a run's attention: is it in the boxes, is it that of other runs."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from core.store.results import ResultStore
from core.tables import AGREEMENT, DEFAULT_METHOD, LOCALISATION, POOLED

MEAN_BOX = "mean_box"
"""The map without a model that a hit rate is held against (`core.saliency.priors.BASELINES`)."""

COLUMNS = pl.Schema(
    {"run_id": pl.String}
    | dict.fromkeys(("hit_rate", "hit_rate_low", "hit_rate_high"), pl.Float64)
    | {"hit_rate_n": pl.Int64, "hit_rate_baseline": pl.Float64, "energy": pl.Float64}
    | dict.fromkeys(("agreement", "agreement_low", "agreement_high"), pl.Float64)
    | {"agreement_n": pl.Int64, "agreement_with": pl.String}
)


def attention_columns(
    results: ResultStore, run_ids: Sequence[str], dataset: str, split: str = "test"
) -> pl.DataFrame:
    """One row a run; null where nothing was measured (PROTOCOL section 7).

    The hit rate is the pointing game over all maps with boxes, on the common grid, findings
    pooled, with its 95 % interval by patient and the number of maps; beside it what the mean box
    of other patients reaches, and the share of energy inside. The agreement is the chance-corrected
    Spearman correlation with one other run of `run_ids`: of the run's pairs the median one (the
    lower of two), with that pair's interval and number of maps.

    Args:
        results: Holds the runs' tables.
        run_ids: The runs that stand in one leaderboard.
        dataset: The data set.
        split: Its split.

    Raises:
        ConfigError: If a run is unknown.
        DataError: If a table is damaged.
    """
    here = {"dataset": dataset, "split": split, "finding": POOLED}
    rows = [
        {"run_id": run_id}
        | _hits(results.read(run_id, LOCALISATION).filter(grid="common", gate="all", **here))
        | _agreement(results.read(run_id, AGREEMENT).filter(metric="spearman", **here), run_ids)
        for run_id in run_ids
    ]
    return pl.DataFrame(rows, COLUMNS)


def _hits(rows: pl.DataFrame) -> dict[str, Any]:
    found = {(row["method"], row["metric"]): row for row in rows.iter_rows(named=True)}
    baseline = found.get((MEAN_BOX, "pointing_game"))
    energy = found.get((DEFAULT_METHOD, "energy"))
    return _columns("hit_rate", found.get((DEFAULT_METHOD, "pointing_game"))) | {
        "hit_rate_baseline": baseline and baseline["value"],
        "energy": energy and energy["value"],
    }


def _agreement(rows: pl.DataFrame, run_ids: Sequence[str]) -> dict[str, Any]:
    pairs = rows.filter(
        pl.col("comparison").is_in(["models", "resamples"]),
        pl.col("other").is_in(list(run_ids)),
        pl.col("value").is_not_null(),
        method=DEFAULT_METHOD,
    ).sort("value", "other")
    median = pairs.row((pairs.height - 1) // 2, named=True) if pairs.height else None
    return _columns("agreement", median) | {"agreement_with": median and median["other"]}


def _columns(name: str, row: dict[str, Any] | None) -> dict[str, Any]:
    parts = {"": "value", "_low": "ci_low", "_high": "ci_high", "_n": "n"}
    return {name + part: row and row[column] for part, column in parts.items()}
