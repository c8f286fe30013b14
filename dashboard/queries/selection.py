"""Which images the attention page shows: by outcome, as a random sample that anyone can redraw."""

from dataclasses import dataclass
from hashlib import sha256

import polars as pl

from core.findings import Finding
from dashboard.queries.cells import Place
from dashboard.queries.pictures import maps
from dashboard.queries.scores import labels_at, threshold
from dashboard.stores import Stores

ANY = "any"
OUTCOMES = {
    "TP": "true positive",
    "FP": "false positive",
    "FN": "false negative",
    "TN": "true negative",
}
ORDERS = ("random sample", "highest probability", "lowest probability")

ASSESSED = pl.Schema(
    {
        "image_id": pl.String,
        "probability": pl.Float32,
        "is_blank": pl.Boolean,
        "label": pl.Int8,
        "outcome": pl.String,
    }
)
"""One row an image that has a map: score, whether the map has no positive value, label, outcome.

Score, label and outcome are null where they are undefined.
"""


@dataclass(frozen=True)
class Request:
    """Which images are wanted.

    Args:
        outcome: A key of `OUTCOMES`, or `any`.
        order: One of `ORDERS`.
        seed: Of the random sample.
        boxed: Whether only images with a box of the finding are wanted.
    """

    outcome: str = ANY
    order: str = ORDERS[0]
    seed: int = 0
    boxed: bool = False


def assessed(stores: Stores, run_id: str, where: Place, finding: Finding) -> pl.DataFrame:
    """Every image of a place with a map of a finding, and how the run did on it.

    Returns:
        Columns `ASSESSED`, sorted by image.

    Raises:
        CxrError: If a file is damaged, or the data set is not in the data store.
    """
    cut = threshold(stores, run_id, where, finding)
    labels = labels_at(stores, where).select("image_id", pl.col(finding).alias("label"))
    mapped = maps(stores, run_id, where.dataset).filter(pl.col("finding") == finding)
    is_alert = pl.col("probability").cast(pl.Float64) >= pl.lit(cut, pl.Float64)
    is_positive = pl.col("label") == 1
    outcome = (
        pl.when(is_alert.is_null() | is_positive.is_null())
        .then(None)
        .when(is_alert)
        .then(pl.when(is_positive).then(pl.lit("TP")).otherwise(pl.lit("FP")))
        .otherwise(pl.when(is_positive).then(pl.lit("FN")).otherwise(pl.lit("TN")))
    )
    return (
        mapped.select("image_id", "probability", is_blank=pl.col("values").list.max() <= 0)
        .join(labels, on="image_id")
        .with_columns(outcome.cast(pl.String).alias("outcome"))
        .sort("image_id")
        .match_to_schema(ASSESSED)
    )


def selected(candidates: pl.DataFrame, request: Request, boxed_ids: set[str]) -> list[str]:
    """The images that a request names, in its order.

    Args:
        candidates: Columns `ASSESSED`.
        request: What is wanted.
        boxed_ids: Images with a box of the finding.
    """
    kept = candidates
    if request.outcome != ANY:
        kept = kept.filter(pl.col("outcome") == request.outcome)
    if request.boxed:
        kept = kept.filter(pl.col("image_id").is_in(boxed_ids))
    if request.order == ORDERS[0]:
        return sorted(kept["image_id"], key=lambda image_id: _drawn(request.seed, image_id))
    is_falling = request.order == ORDERS[1]
    ranked = kept.sort("probability", "image_id", descending=[is_falling, False], nulls_last=True)
    return ranked["image_id"].to_list()


def _drawn(seed: int, image_id: str) -> str:
    # A hash keeps the order of a sample when the outcome, the run or the store changes.
    return sha256(f"{seed}:{image_id}".encode()).hexdigest()
