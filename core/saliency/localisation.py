"""Does a map point at the box: pointing game, energy, overlap (PROTOCOL section 7).

Shapes: N maps with the boxes of one finding each, h × w their grid, S = 224 the raster's side.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.metrics.ratio import Values, ratio
from core.saliency.overlap import iou_at_levels, iou_at_otsu, iou_at_top_decile, level_counts
from core.saliency.raster import RASTER, Maps, Regions, drawn, on_grid, regions_of
from core.saliency.render import Frame

TOLERANCE_PIXELS = 15
_CHUNK = 64
_TIE = 1e-9


@dataclass(frozen=True)
class LocalisationMetric:
    """One row of `LOCALISATION_METRICS`.

    Args:
        title: For people.
        target_use: What of the target chooses something in it: none, or boxes.
        meaning: What it is, in one sentence.
    """

    title: str
    target_use: str
    meaning: str


LOCALISATION_METRICS: Mapping[str, LocalisationMetric] = {
    "pointing_game": LocalisationMetric(
        "Pointing game", "none", "The maximum lies in a box; tied maxima share the point."
    ),
    "pointing_game_15px": LocalisationMetric(
        "Pointing game ± 15 px", "none", "The maximum lies at most 15 of 224 pixels from a box."
    ),
    "energy": LocalisationMetric(
        "Energy in box", "none", "Share of the map's positive part inside the boxes."
    ),
    "energy_of_ceiling": LocalisationMetric(
        "Energy / ceiling", "none", "The same, of the most that the map's grid can put inside."
    ),
    "iou_otsu": LocalisationMetric(
        "IoU at Otsu", "none", "Overlap of the boxes with what lies above Otsu's threshold."
    ),
    "iou_top_decile": LocalisationMetric(
        "IoU of top decile", "none", "Overlap of the boxes with the highest tenth of the pixels."
    ),
    "iou_cross_fitted": LocalisationMetric(
        "IoU cross-fitted", "boxes", "Overlap at the threshold that is best for other patients."
    ),
}
"""The metrics, in the order of the tables; each is 0 to 1."""


@dataclass(frozen=True, eq=False)
class Localised:
    """What each map scores.

    Args:
        values: Metric to float64 [N], NaN where undefined; without `iou_cross_fitted`.
        iou_at_levels: float64 [N, 255], IoU of what lies above each grey level.
        ceiling: float64 [N], the most energy that the grid can put inside.
    """

    values: Mapping[str, Values]
    iou_at_levels: Values
    ceiling: Values


def localise(maps: Maps, boxes: Sequence[Sequence[Frame]]) -> Localised:
    """Score maps against boxes.

    Args:
        maps: float64 [N, h, w], positive parts. An all-zero map misses the pointing game and has
            no energy and no overlap; one with NaN has nothing.
        boxes: For each map the boxes of its finding in fractions of the square; their union
            counts.
    """
    parts = [
        _localise(maps[start : start + _CHUNK], boxes[start : start + _CHUNK])
        for start in range(0, len(maps), _CHUNK)
    ]
    if not parts:
        nothing = np.empty(0)
        names = [name for name in LOCALISATION_METRICS if name != "iou_cross_fitted"]
        return Localised(dict.fromkeys(names, nothing), np.empty((0, 255)), nothing)
    return Localised(
        {name: np.concatenate([part.values[name] for part in parts]) for name in parts[0].values},
        np.concatenate([part.iou_at_levels for part in parts]),
        np.concatenate([part.ceiling for part in parts]),
    )


def _localise(maps: Maps, boxes: Sequence[Sequence[Frame]]) -> Localised:
    exists = ~np.isnan(maps).any((1, 2))
    maps = np.nan_to_num(maps)
    regions = regions_of(boxes)
    pictures = drawn(maps)
    share, ceiling = _energy(maps, regions)
    counts = level_counts(pictures, regions)
    has_energy = exists & (maps.max((1, 2)) > 0)
    values = {
        "pointing_game": _pointing(pictures, regions),
        "pointing_game_15px": _pointing(pictures, regions_of(boxes, TOLERANCE_PIXELS)),
        "energy": share,
        "energy_of_ceiling": np.minimum(ratio(share, ceiling), 1),
        "iou_otsu": np.where(has_energy, iou_at_otsu(counts), np.nan),
        "iou_top_decile": np.where(has_energy, iou_at_top_decile(pictures, regions), np.nan),
    }
    levels = np.where(has_energy[:, None], iou_at_levels(counts), np.nan)
    values = {name: np.where(exists, value, np.nan) for name, value in values.items()}
    return Localised(values, levels, ceiling)


def _pointing(pictures: Maps, regions: Regions) -> Values:
    """Share of the tied maxima that lie inside; an all-zero map misses."""
    peak = pictures.max((1, 2), keepdims=True)
    tied = (pictures >= peak * (1 - _TIE)) & (peak > 0)
    inside, everywhere = (tied & regions).sum((1, 2)), tied.sum((1, 2))
    return inside / np.maximum(everywhere, 1)


def _energy(maps: Maps, regions: Regions) -> tuple[Values, Values]:
    """The share inside, and the most that a map of this grid can reach."""
    grid = (maps.shape[1], maps.shape[2])
    inside = on_grid(regions, grid)
    everywhere = on_grid(np.ones((1, RASTER, RASTER), np.bool_), grid)
    share = ratio((maps * inside).sum((1, 2)), (maps * everywhere).sum((1, 2)))
    # A share of sums is highest where all energy lies in the one best cell.
    return np.minimum(share, 1), np.minimum((inside / everywhere).max((1, 2)), 1)


def energy_inside(maps: Maps, boxes: Sequence[Sequence[Frame]]) -> tuple[Values, Values]:
    """The share of each map's energy inside its boxes, and that of a map without contrast.

    Args:
        maps: float64 [N, h, w], positive parts.
        boxes: For each map its boxes in fractions of the square; their union counts.

    Returns:
        float64 [N] each: the share, NaN for an all-zero map or one with NaN; and the boxes' area.
    """
    shares, areas = [np.empty(0)], [np.empty(0)]
    for start in range(0, len(maps), _CHUNK):
        chunk = maps[start : start + _CHUNK]
        regions = regions_of(boxes[start : start + _CHUNK])
        share, _ = _energy(np.nan_to_num(chunk), regions)
        shares.append(np.where(np.isnan(chunk).any((1, 2)), np.nan, share))
        areas.append(regions.mean((1, 2)))
    return np.concatenate(shares), np.concatenate(areas)


def cross_fitted(
    iou_at_levels: Values, patient_ids: NDArray[np.str_], seed: int, num_folds: int = 5
) -> Values:
    """IoU of each map at the grey level that is best for the maps of other patients.

    Args:
        iou_at_levels: float64 [N, 255].
        patient_ids: str [N].
        seed: Deals patients to folds.
        num_folds: At most; no more than there are patients.

    Returns:
        float64 [N]; NaN for a map without overlap, or without other patients.
    """
    patients, rows = np.unique(patient_ids, return_inverse=True)
    folds = np.random.default_rng(seed).permutation(len(patients))[rows] % num_folds
    fitted = np.full(len(patient_ids), np.nan)
    for fold in np.unique(folds):
        others = iou_at_levels[(folds != fold) & ~np.isnan(iou_at_levels[:, 0])]
        if len(others):
            here = folds == fold
            fitted[here] = iou_at_levels[here, int(others.mean(0).argmax())]
    return fitted
