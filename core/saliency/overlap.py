"""Overlap of a thresholded map with a region, at every grey level from two counts.

Shapes: N maps on the raster, S its side, 256 grey levels.
"""

from typing import NamedTuple

import numpy as np

from core.metrics.ratio import Values, ratio
from core.saliency.raster import RASTER, Maps, Regions

NUM_LEVELS = 256
TOP_SHARE = 0.1
_TIE = 1e-9


class LevelCounts(NamedTuple):
    """Pixels at each grey level, where a map's maximum is 255.

    Args:
        inside: float64 [N, 256], pixels of the region.
        everywhere: float64 [N, 256].
    """

    inside: Values
    everywhere: Values


def level_counts(pictures: Maps, regions: Regions) -> LevelCounts:
    """Count the grey levels of maps [N, S, S], inside their regions and everywhere."""
    peak = pictures.max((1, 2), keepdims=True)
    levels = np.round(pictures / np.where(peak > 0, peak, 1) * (NUM_LEVELS - 1)).astype(np.int64)
    places = levels + NUM_LEVELS * np.arange(len(pictures))[:, None, None]
    shape, length = (len(pictures), NUM_LEVELS), NUM_LEVELS * len(pictures)
    return LevelCounts(
        np.bincount(places[regions], minlength=length).reshape(shape).astype(np.float64),
        np.bincount(places.ravel(), minlength=length).reshape(shape).astype(np.float64),
    )


def iou_at_levels(counts: LevelCounts) -> Values:
    """IoU of the region with the pixels above each level 0 … 254: float64 [N, 255]."""
    inside, everywhere = (_above(each) for each in counts)
    area = counts.inside.sum(1, keepdims=True)
    return ratio(inside, area + everywhere - inside)


def iou_at_otsu(counts: LevelCounts) -> Values:
    """IoU of the region with the pixels above Otsu's threshold: float64 [N].

    A constant map has no threshold; all of it counts.
    """
    chosen = otsu_levels(counts.everywhere)
    return np.take_along_axis(iou_at_levels(counts), chosen[:, None], axis=1)[:, 0]


def otsu_levels(everywhere: Values) -> np.ndarray:
    """The level 0 … 254 above which the upper class begins; 254 where there is one level alone.

    Args:
        everywhere: float64 [N, 256].

    Source:
        Otsu, IEEE Transactions on Systems, Man, and Cybernetics 1979, eq. 18; the lowest of
        equally good levels.
    """
    below = everywhere.cumsum(1)[:, :-1]
    mass = (everywhere * np.arange(NUM_LEVELS)).cumsum(1)
    total, whole = everywhere.sum(1, keepdims=True), mass[:, -1:]
    between = ratio((whole * below - mass[:, :-1] * total) ** 2, below * (total - below))
    between = np.nan_to_num(between, nan=-1)
    return np.where(between.max(1) > 0, between.argmax(1), NUM_LEVELS - 2)


def iou_at_top_decile(pictures: Maps, regions: Regions) -> Values:
    """IoU of the region with the highest tenth of the pixels: float64 [N].

    Ties are included, pixels without any energy are not.
    """
    flat = pictures.reshape(len(pictures), -1)
    num_top = int(np.ceil(TOP_SHARE * RASTER**2))
    lowest = np.partition(flat, -num_top, axis=1)[:, -num_top]
    top = (pictures >= (lowest * (1 - _TIE))[:, None, None]) & (pictures > 0)
    both, either = (top & regions).sum((1, 2)), (top | regions).sum((1, 2))
    return ratio(both.astype(np.float64), either.astype(np.float64))


def _above(counts: Values) -> Values:
    """Pixels above each level 0 … 254."""
    return counts.sum(1, keepdims=True) - counts.cumsum(1)[:, :-1]
