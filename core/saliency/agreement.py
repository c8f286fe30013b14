"""Do two sets of maps show the same place, beyond what maps of any two images share?

Shapes: N images, h × w a grid, G the coarser grid's side, K partners.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.metrics.bootstrap import PatientBootstrap
from core.metrics.ratio import Values, ratio
from core.saliency.intervals import Estimate, estimate, mean_replicates, means
from core.saliency.raster import pooled_to

NUM_PARTNERS = 32
TOP_SHARE = 0.1
_DECIMALS = 9


@dataclass(frozen=True)
class AgreementMetric:
    """One row of `AGREEMENT_METRICS`.

    Args:
        title: For people.
        prepare: Maps [N, cells] to what is compared, float64 [N, cells]; NaN where constant.
        score: Two of those to the likeness of their rows, float64 [N]; 1 is the same.
    """

    title: str
    prepare: Callable[[Values], Values]
    score: Callable[[Values, Values], Values]


@dataclass(frozen=True, eq=False)
class Likeness:
    """How alike the maps of the same image are, and those of different images.

    Args:
        same: float64 [N], the two maps of one image.
        chance: float64 [N], the first's map of an image with the second's maps of other patients'
            images, on average.
    """

    same: Values
    chance: Values


def likeness(
    first: NDArray[np.floating],
    second: NDArray[np.floating],
    patient_ids: NDArray[np.str_],
    seed: int,
) -> dict[str, Likeness]:
    """Compare the maps of the same images, on the coarser of the two grids.

    Args:
        first: float [N, h, w], signed; NaN where there is no map.
        second: float [N, h', w'], of the same images.
        patient_ids: str [N].
        seed: Chooses at most 32 other images for each.

    Returns:
        Metric to likeness; NaN where a map is constant or missing.
    """
    side = min(first.shape[1], second.shape[1])
    flat = [_comparable(maps, side) for maps in (first, second)]
    partners = partners_of(patient_ids, seed)
    found: dict[str, Likeness] = {}
    for name, metric in AGREEMENT_METRICS.items():
        one, other = (metric.prepare(each) for each in flat)
        strange = np.stack(
            [np.where(row >= 0, metric.score(one, other[row]), np.nan) for row in partners.T]
            or [np.full(len(one), np.nan)]
        )
        found[name] = Likeness(metric.score(one, other), means(strange))
    return found


def likeness_on_one(
    first: NDArray[np.floating],
    second: NDArray[np.floating],
    others: NDArray[np.floating],
) -> Likeness:
    """The Spearman correlation of two maps of one image, and its chance level for that image.

    Args:
        first: float [h, w], signed.
        second: float [h', w'], of the same image.
        others: float [K, h', w'], the second's maps of other patients' images.

    Returns:
        float64 [1] each: the correlation on the coarser grid, and the mean correlation of `first`
        with `others`; NaN where a map is constant, or there are no others.
    """
    side = min(len(first), len(second))
    metric = AGREEMENT_METRICS["spearman"]
    one = metric.prepare(_comparable(first[None], side))
    rest = metric.prepare(_comparable(np.concatenate([second[None], others]), side))
    scores = metric.score(one, rest)
    return Likeness(scores[:1], means(scores[1:, None]))


def beyond_chance(same: Values, chance: Values) -> Values:
    """Likeness on a scale where chance is 0 and the same map is 1: (same − chance)/(1 − chance)."""
    return ratio(same - chance, 1 - chance)


def partners_of(patient_ids: NDArray[np.str_], seed: int) -> NDArray[np.int64]:
    """Images of other patients for each image, int64 [N, K]; −1 in a place without one."""
    num_images = len(patient_ids)
    order = np.random.default_rng(seed).permutation(num_images)
    steps = range(1, min(NUM_PARTNERS, num_images - 1) + 1)
    partners = np.empty((num_images, len(steps)), np.int64)
    for column, step in enumerate(steps):
        partners[order, column] = np.roll(order, step)
    is_same = patient_ids[partners] == patient_ids[:, None]
    return np.where(is_same, -1, partners)


def agreement_estimate(
    found: Likeness, bootstrap: PatientBootstrap
) -> tuple[Estimate, float, float]:
    """Chance-corrected agreement (same − chance) / (1 − chance), same, and chance.

    Args:
        found: Of N images.
        bootstrap: Over their patients.
    """
    both = np.stack([found.same, found.chance], axis=1)
    both = np.where(np.isnan(both).any(1, keepdims=True), np.nan, both)
    same, chance = means(both)
    replicates = _corrected(mean_replicates(both, bootstrap))
    value = _corrected(np.array([[same, chance]]))[0]
    has_value = ~np.isnan(both[:, 0])
    return (
        estimate(float(value), replicates, has_value, bootstrap.patient_ids),
        float(same),
        float(chance),
    )


def _comparable(maps: NDArray[np.floating], side: int) -> Values:
    """Maps as rows of cells, each with its largest magnitude at 1, and without rounding noise."""
    flat = pooled_to(maps.astype(np.float64), side).reshape(len(maps), -1)
    top = np.abs(flat).max(1, keepdims=True)
    # Area means of equal cells differ in the last place, which would break ties.
    return np.round(flat / np.where(top > 0, top, 1), _DECIMALS)


def _corrected(means_of_both: Values) -> Values:
    same, chance = means_of_both.T
    return beyond_chance(same, chance)


def _standardised_ranks(flat: Values) -> Values:
    """Ranks of each row, mean 0 and length 1: their products are rank correlations."""
    ranks = _ranks(np.nan_to_num(flat))
    centred = ranks - ranks.mean(1, keepdims=True)
    missing = np.isnan(flat).any(1, keepdims=True)
    length = np.sqrt((centred**2).sum(1, keepdims=True))
    return np.where(missing, np.nan, ratio(centred, length))


def _ranks(flat: Values) -> Values:
    """Ranks of each row's cells from 1, ties at their mean rank, float64 [N, cells]."""
    # Not scipy's: a reviewer's install, whose dashboard compares maps too, has none.
    rows = pl.Series(flat, dtype=pl.List(pl.Float64))
    ranked = rows.list.eval(pl.element().rank("average"))
    return ranked.list.to_array(flat.shape[1]).to_numpy()


def _product(one: Values, other: Values) -> Values:
    return (one * other).sum(1)


def _top_cells(flat: Values) -> Values:
    """1 in the highest tenth of each row's cells, ties included, else 0."""
    num_top = int(np.ceil(TOP_SHARE * flat.shape[1]))
    lowest = np.partition(np.nan_to_num(flat), -num_top, axis=1)[:, -num_top, None]
    varies = flat.max(1, keepdims=True) > flat.min(1, keepdims=True)
    return np.where(varies, (flat >= lowest).astype(np.float64), np.nan)


def _iou(one: Values, other: Values) -> Values:
    return ratio((one * other).sum(1), np.maximum(one, other).sum(1))


AGREEMENT_METRICS: Mapping[str, AgreementMetric] = {
    "spearman": AgreementMetric("Spearman", _standardised_ranks, _product),
    "top_decile_iou": AgreementMetric("IoU of top decile", _top_cells, _iou),
}
