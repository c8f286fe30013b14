"""Maps on grids and on the raster that boxes are drawn on.

Shapes: N maps, h × w their grid, S = 224 the side of the raster.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.saliency.render import Frame, upsampling

RASTER = 224
"""Side of the raster on which maps meet boxes, in pixels, whatever the size of the images."""

COMMON_GRID = 7
"""Side of the grid on which backbones are compared: none may win by its resolution."""

Maps = NDArray[np.float64]
"""float64 [N, h, w]."""

Regions = NDArray[np.bool_]
"""bool [N, S, S]."""


def positive(maps: NDArray[np.floating]) -> Maps:
    """What speaks for the finding: max(0, map)."""
    return np.maximum(maps, 0).astype(np.float64)


def pooled_to(maps: Maps, side: int) -> Maps:
    """Maps [N, h, w] on `side` × `side` cells: the mean over the area of each cell."""
    rows, columns = (_overlap(length, side) for length in maps.shape[1:])
    return np.einsum("ih,nhw,jw->nij", rows, maps, columns, optimize=True)


def drawn(maps: Maps) -> Maps:
    """Maps [N, h, w] on the raster [N, S, S]: half-pixel bilinear, edges held."""
    rows, columns = _onto_raster(maps)
    return rows @ maps @ columns.T


def on_grid(regions: Regions, grid: tuple[int, int]) -> Maps:
    """For each cell the weight that it puts inside: drawn(map)[region].sum() = (map · this).sum().

    Args:
        regions: bool [N, S, S].
        grid: h and w.

    Returns:
        float64 [N, h, w].
    """
    rows, columns = (upsampling(length, RASTER).astype(np.float64) for length in grid)
    return np.stack([rows.T @ region.astype(np.float64) @ columns for region in regions])


def regions_of(boxes: Sequence[Sequence[Frame]], margin_pixels: float = 0) -> Regions:
    """The union of each map's boxes: the pixels whose centres lie inside, or nearly.

    Args:
        boxes: N times the boxes of one map.
        margin_pixels: How far from a box a pixel of the raster may lie.

    Returns:
        bool [N, S, S].
    """
    regions = np.zeros((len(boxes), RASTER, RASTER), np.bool_)
    for region, rectangles in zip(regions, boxes, strict=True):
        for box in rectangles:
            across = _distance(box.x, box.width)
            down = _distance(box.y, box.height)
            region |= down[:, None] ** 2 + across**2 <= margin_pixels**2
    return regions


def _distance(start: float, length: float) -> NDArray[np.float64]:
    """How far the centres of pixels lie outside an interval, in pixels [S]."""
    centres = np.arange(RASTER) + 0.5
    low, high = start * RASTER, (start + length) * RASTER
    return np.maximum(np.maximum(low - centres, centres - high), 0)


def _onto_raster(maps: Maps) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rows, columns = (upsampling(length, RASTER).astype(np.float64) for length in maps.shape[1:])
    return rows, columns


def _overlap(length: int, side: int) -> NDArray[np.float64]:
    """The share of each of `side` cells that each of `length` cells covers, [side, length]."""
    low, high = np.arange(length) / length, np.arange(1, length + 1) / length
    left, right = np.arange(side)[:, None] / side, np.arange(1, side + 1)[:, None] / side
    return np.maximum(np.minimum(high, right) - np.maximum(low, left), 0) * side
