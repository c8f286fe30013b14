"""A run's scores beside the labels that they are scored against."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.datasets.examples import resolve, select
from core.findings import FINDINGS, Finding
from core.roles import NOT_SCORED, Split
from core.specs import SCORING
from core.store.data import DataStore
from core.tables import THRESHOLDS
from dashboard.queries.cells import Place
from dashboard.queries.parts import scores
from dashboard.queries.reading import indexed_at, run_table
from dashboard.stores import Stores


@dataclass(frozen=True, eq=False)
class Scored:
    """The images of one finding that have a label and a score.

    Args:
        scores: float32 [N].
        labels: int8 [N], 1 or 0.
    """

    scores: NDArray[np.float32]
    labels: NDArray[np.int8]


def labels_at(stores: Stores, where: Place) -> pl.DataFrame:
    """Scoring labels of a split's frontal images: image_id and a column a finding.

    Cells are 1, 0, or null where the finding is uncertain or not annotated.

    Raises:
        CxrError: If the data set is not in the data store, or is damaged.
    """
    changed = indexed_at(stores, where.dataset)
    return _labels(stores.data.root, where.dataset, where.split, changed)


@lru_cache(maxsize=8)
def _labels(root: Path, name: str, split: str, changed: int) -> pl.DataFrame:
    del changed
    manifest = select(DataStore(root).dataset(name), Split(split)).manifest
    read = pl.DataFrame(resolve(manifest, SCORING), dict.fromkeys(FINDINGS, pl.Int8))
    known = read.with_columns(
        pl.when(pl.col(finding) != NOT_SCORED).then(pl.col(finding)).alias(finding)
        for finding in FINDINGS
    )
    return known.insert_column(0, manifest["image_id"])


def scored(stores: Stores, run_id: str, where: Place, finding: Finding) -> Scored:
    """One finding's scores and labels in a place.

    Raises:
        CxrError: If the data set or the run's predictions cannot be read.
    """
    pairs = (
        labels_at(stores, where)
        .select("image_id", pl.col(finding).alias("label"))
        .join(scores(stores.results, run_id, where.dataset, finding), on="image_id")
        .drop_nulls()
    )
    return Scored(pairs["score"].to_numpy(), pairs["label"].to_numpy())


def threshold(stores: Stores, run_id: str, where: Place, finding: str) -> float | None:
    """Where a run's scores become positive in a place; None where its policy gives no threshold.

    Raises:
        DataError: If the run's table is damaged.
    """
    rows = run_table(stores, run_id, THRESHOLDS).filter(
        pl.col("finding") == finding,
        pl.col("policy") == where.policy,
        # Null where the evaluated data had no say in it.
        pl.col("dataset").is_null() | (pl.col("dataset") == where.dataset),
        pl.col("split").is_null() | (pl.col("split") == where.split),
    )
    return rows["value"][0] if rows.height else None
