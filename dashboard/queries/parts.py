"""Parts of the tables that are too large to be read whole: replicates and scores."""

from functools import lru_cache
from pathlib import Path

import polars as pl

from core.store.parquet import read_columns, read_rows
from core.store.results import ResultStore
from core.tables import PREDICTIONS, REPLICATES
from dashboard.queries.cells import EVERYBODY, UNWEIGHTED
from dashboard.queries.reading import changed_at


def replicates(
    results: ResultStore,
    run_id: str,
    datasets: tuple[str, ...],
    metrics: tuple[str, ...],
    subgroup: str | None = EVERYBODY,
) -> pl.DataFrame:
    """The bootstrap replicates of some metrics, unweighted; the rest of the file is not read.

    Args:
        results: Where to read.
        run_id: The run.
        datasets: The data sets that they were computed on.
        metrics: Rows of `METRICS`.
        subgroup: Of the images; None for every one.

    Raises:
        DataError: If the file is damaged.
    """
    path = results.path(run_id, REPLICATES)
    return _replicates(path, datasets, metrics, subgroup, changed_at(path))


def scores(results: ResultStore, run_id: str, name: str, finding: str) -> pl.DataFrame:
    """A run's scores of one finding on a data set: image_id and score, a row an image.

    Raises:
        DataError: If the file is damaged.
    """
    path = results.path(run_id, PREDICTIONS, name)
    return _scores(path, finding, changed_at(path))


@lru_cache(maxsize=64)
def _replicates(
    path: Path,
    datasets: tuple[str, ...],
    metrics: tuple[str, ...],
    subgroup: str | None,
    changed: int,
) -> pl.DataFrame:
    if not changed:
        return REPLICATES.empty()
    wanted = (
        pl.col("dataset").is_in(datasets)
        & pl.col("metric").is_in(metrics)
        & (pl.col("weighting") == UNWEIGHTED)
    )
    is_asked = pl.lit(value=True) if subgroup is None else pl.col("subgroup") == subgroup
    return read_rows(path, REPLICATES, wanted & is_asked)


@lru_cache(maxsize=32)
def _scores(path: Path, finding: str, changed: int) -> pl.DataFrame:
    if not changed:
        return pl.DataFrame(schema={"image_id": pl.String, "score": pl.Float32})
    return read_columns(path, PREDICTIONS, ["image_id", finding]).rename({finding: "score"})
