"""How far three or more reviewers agree on the maps that all of them judged."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.metrics.bootstrap import PatientBootstrap, percentile_interval
from core.metrics.kappa import fleiss_kappa
from core.store.notes import Note, Verdict
from dashboard.queries.review import NUM_RESAMPLES, ratings

MIN_REVIEWERS = 3


@dataclass(frozen=True)
class AllAgree:
    """The agreement of all reviewers at once.

    Args:
        reviewers: Who, sorted.
        num_maps: Maps that each of them judged.
        kappa: Fleiss' κ; None where undefined.
        low: Lower bound of the 95 % interval by image; None where there is none.
        high: Upper bound.
    """

    reviewers: tuple[str, ...]
    num_maps: int
    kappa: float | None
    low: float | None
    high: float | None


def all_agree(notes: Sequence[Note]) -> AllAgree | None:
    """Fleiss' κ over the first verdicts of all reviewers; None for fewer than three."""
    frame = ratings(notes).filter(~pl.col("is_repeat"))
    reviewers = tuple(sorted(set(frame["reviewer"])))
    if len(reviewers) < MIN_REVIEWERS:
        return None
    shared = (
        frame.group_by("image_id", "map", maintain_order=True)
        .agg(pl.len(), *((pl.col("code") == code).sum().alias(str(code)) for code in _CODES))
        .filter(len=len(reviewers))
    )
    counts = shared.select(map(str, _CODES)).to_numpy().astype(np.int64)
    bounds = _interval(counts, shared["image_id"].to_numpy().astype(np.str_))
    return AllAgree(reviewers, len(counts), fleiss_kappa(counts), *bounds)


_CODES = range(len(Verdict))


def _interval(
    counts: NDArray[np.int64], image_ids: NDArray[np.str_]
) -> tuple[float | None, float | None]:
    if len(set(image_ids)) < 2:
        return (None, None)
    bootstrap = PatientBootstrap(image_ids, 0, NUM_RESAMPLES)
    drawn = [
        fleiss_kappa(np.repeat(counts, times, axis=0))
        for chosen in bootstrap.chunks(NUM_RESAMPLES)
        for times in bootstrap.image_weights(chosen).T
    ]
    found = percentile_interval(np.array([np.nan if each is None else each for each in drawn]))
    return (found.low, found.high)
