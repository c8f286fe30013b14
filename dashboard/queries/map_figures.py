"""The figures under the maps of the attention page: energy in the boxes, agreement."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.metrics.ratio import defined
from core.saliency.agreement import NUM_PARTNERS, beyond_chance, likeness_on_one
from core.saliency.localisation import energy_inside
from core.saliency.raster import COMMON_GRID, pooled_to, positive
from core.tables import HEATMAPS
from dashboard.queries.attention import Column, ImageRow
from dashboard.queries.cells import Place
from dashboard.queries.pictures import METHOD, Outline, native_maps
from dashboard.queries.reading import dataset, run_table
from dashboard.stores import Stores

Maps = Mapping[str, NDArray[np.float32]]
"""Image to its map, float32 [h, w], signed."""


@dataclass(frozen=True)
class InBox:
    """How much of a map lies in the boxes of its finding.

    Args:
        share: Of the positive energy, on the common grid; None for a map without any.
        area: Of the boxes: what a map without contrast would have.
    """

    share: float | None
    area: float


@dataclass(frozen=True)
class Agreement:
    """How far a map agrees with the one of the first column, on one image.

    Args:
        same: Spearman correlation of the two signed maps on the coarser grid.
        chance: Mean correlation of the first map with this column's maps of other patients.
        beyond_chance: (same − chance) / (1 − chance); 0 is no more alike than unrelated images.
    """

    same: float | None
    chance: float | None
    beyond_chance: float | None


@dataclass(frozen=True)
class MapFigures:
    """What stands under one map.

    Args:
        in_box: None where the finding has no box on the image.
        agreement: None in the first column, and where either has no map.
    """

    in_box: InBox | None
    agreement: Agreement | None


Figures = Mapping[tuple[str, Column], MapFigures]
"""Image and column to what stands under its map."""


def figures(
    stores: Stores, where: Place, columns: Sequence[Column], rows: Sequence[ImageRow]
) -> Figures:
    """The figures of the maps on show.

    Args:
        stores: Where to read.
        where: Data set, split and policy.
        columns: At least one; the others are held against the first.
        rows: As `gallery` gives them for these columns.

    Raises:
        CxrError: If a file is damaged.
    """
    patients = dict(_mapped(stores, where, columns[0]).iter_rows())
    others = _drawn(patients)
    wanted = [*(row.image_id for row in rows), *others]
    of_column = [_stored(stores, where, column, wanted) for column in columns]
    return {
        (row.image_id, tile.column): MapFigures(
            _in_box(maps[row.image_id], tile.boxes),
            _agreement(row.image_id, of_column[0], maps, _strangers(row.image_id, others, patients))
            if maps is not of_column[0]
            else None,
        )
        for row in rows
        for tile, maps in zip(row.tiles, of_column, strict=True)
        if row.image_id in maps
    }


def _mapped(stores: Stores, where: Place, column: Column) -> pl.DataFrame:
    """Images of the place with a map of a column, and their patients."""
    maps = run_table(stores, column.run.run_id, HEATMAPS, where.dataset)
    of_finding = maps.lazy().filter(method=METHOD, finding=str(column.finding)).select("image_id")
    here = dataset(stores, where.dataset).manifest.lazy().filter(split=where.split)
    return (
        here.select("image_id", "patient_id").join(of_finding, on="image_id", how="semi").collect()
    )


def _drawn(image_ids: Iterable[str]) -> list[str]:
    """As many images as the agreement stage holds against one, the same for every page."""
    known = pl.Series(sorted(image_ids), dtype=pl.String)
    return known.sample(min(NUM_PARTNERS, len(known)), seed=0).to_list()


def _strangers(image_id: str, others: Sequence[str], patients: Mapping[str, str]) -> list[str]:
    return [each for each in others if patients[each] != patients.get(image_id)]


def _stored(stores: Stores, where: Place, column: Column, image_ids: Sequence[str]) -> Maps:
    return native_maps(stores, where.dataset, column.run.run_id, column.finding, image_ids)


def _in_box(values: NDArray[np.float32], boxes: Sequence[Outline]) -> InBox | None:
    if not boxes:
        return None
    common = pooled_to(positive(values[None]), COMMON_GRID)
    share, area = energy_inside(common, [[box.frame for box in boxes]])
    return InBox(defined(share[0]), float(area[0]))


def _agreement(
    image_id: str, first: Maps, maps: Maps, strangers: Sequence[str]
) -> Agreement | None:
    if image_id not in first:
        return None
    own = maps[image_id]
    others = [maps[each] for each in strangers if each in maps]
    unrelated = np.stack(others) if others else np.empty((0, *own.shape))
    found = likeness_on_one(first[image_id], own, unrelated)
    corrected = beyond_chance(found.same, found.chance)
    return Agreement(*(defined(each[0]) for each in (found.same, found.chance, corrected)))
