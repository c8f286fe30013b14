"""Bones, vessels, airways and wires: tubes along polylines, projected as what they weigh.

A tube is cut into small columns; each column's length along the beam is shared among the four
nearest pixels. What is deposited is a thickness in cm, so crossing tubes add up as they do in a
radiograph, and a tube seen end-on is denser.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array

from core.phantom.plane import Field, Plane

_SPACING_PIXELS = 1.0
"""Distance of the columns across a tube: about a pixel, so that no gap shows."""
_THIN_PIXELS, _THIN_STRETCH = 2.0, 1.25
"""Along tubes of less than this radius the columns may lie farther apart: blur hides it."""

_MAX_COLUMNS = 64
_EXCESS = np.array(
    [1.0]
    + [
        np.sqrt(1 - ((2 * np.arange(num) + 1) / num - 1) ** 2).mean() / (np.pi / 4)
        for num in range(1, _MAX_COLUMNS + 1)
    ]
)
"""By how much a row of `num` columns, each taken at its middle, overstates a round tube."""

_MAX_FORESHORTENING = 6.0


@dataclass(frozen=True)
class Tubes:
    """Straight pieces of tubes, [n] each.

    Args:
        start_cm: x and y of the starts, [n, 2].
        end_cm: x and y of the ends, [n, 2].
        radius_cm: Half width in the image, [n].
        thickness: Thickness on the axis over the width in the image, signed, [n].
        hollow: Share of the radius that is marrow, which weighs 40 % less, [n].
    """

    start_cm: Field
    end_cm: Field
    radius_cm: Field
    thickness: Field
    hollow: Field


_FIELDS = ("start_cm", "end_cm", "radius_cm", "thickness", "hollow")


def joined(parts: Sequence[Tubes]) -> Tubes:
    """All pieces of several sets."""
    return Tubes(*(np.concatenate([getattr(part, name) for part in parts]) for name in _FIELDS))


def polyline(
    points_cm: NDArray[np.floating],
    radius_cm: float | NDArray[np.floating],
    thickness: float | NDArray[np.floating] = 1.0,
    hollow: float = 0.0,
) -> Tubes:
    """A tube through `points_cm` [n, 2 or 3]; a third coordinate, the depth, foreshortens it.

    Args:
        points_cm: x, y and, if given, depth.
        radius_cm: One half width, or one per piece, [n − 1].
        thickness: Thickness over width, one or one per piece; negative for air.
        hollow: Share of the radius that is marrow.
    """
    points = np.asarray(points_cm, dtype=np.float32)
    moves = np.diff(points, axis=0)
    seen = np.hypot(moves[:, 0], moves[:, 1]) + np.float32(1e-6)
    longer = np.minimum(np.linalg.norm(moves, axis=1) / seen, _MAX_FORESHORTENING)
    size = len(moves)
    return Tubes(
        points[:-1, :2],
        points[1:, :2],
        np.broadcast_to(np.asarray(radius_cm, dtype=np.float32), size),
        (thickness * longer).astype(np.float32),
        np.full(size, hollow, dtype=np.float32),
    )


def disc(centre_cm: tuple[float, float], radius_cm: float, thickness: float) -> Tubes:
    """A round plate, as a short tube that widens and narrows."""
    along = np.linspace(-1, 1, 13)
    points = np.stack([centre_cm[0] + radius_cm * along, np.full(13, centre_cm[1])], axis=1)
    middle = (along[1:] + along[:-1]) / 2
    half_width = radius_cm * np.sqrt(1 - middle**2)
    return polyline(points, half_width, thickness=thickness * radius_cm / half_width)


def deposit(tubes: Tubes, where: Plane, seen: Field | None = None) -> Field:
    """Thickness in cm of all tubes, [side, side].

    Args:
        tubes: What is projected.
        where: The pixels.
        seen: Share of a tube that counts at each place, [m, m] over the same frame; None: all.
    """
    tubes = _within(tubes, where, seen)
    x, y, weight = _columns(tubes, _SPACING_PIXELS * where.pixel_cm)
    across, down = where.frame.to_fractions(x, y)
    if seen is not None:
        weight = weight * _sampled(seen, across, down)
    return _splat(across * where.side - 0.5, down * where.side - 0.5, weight, where.side) / (
        np.float32(where.pixel_cm**2)
    )


def _within(tubes: Tubes, where: Plane, seen: Field | None) -> Tubes:
    """The pieces that can show at all."""
    ends = [where.frame.to_fractions(*points.T) for points in (tubes.start_cm, tubes.end_cm)]
    kept = np.zeros(len(tubes.radius_cm), dtype=bool)
    for across, down in ends:
        shown = np.maximum(np.abs(across - 0.5), np.abs(down - 0.5)) < np.float32(0.56)
        kept |= shown if seen is None else shown & (_sampled(seen, across, down) > 0)
    return Tubes(*(getattr(tubes, name)[kept] for name in _FIELDS))


def _columns(tubes: Tubes, spacing: float) -> tuple[Field, Field, Field]:
    """Places of the columns, and the volume of each in cm³."""
    move = tubes.end_cm - tubes.start_cm
    length = np.hypot(move[:, 0], move[:, 1])
    stretch = np.where(tubes.radius_cm < _THIN_PIXELS * spacing, _THIN_STRETCH, 1.0)
    along = np.maximum(np.ceil(length / (spacing * stretch)), 1).astype(np.int64)
    across = np.maximum(np.rint(2 * tubes.radius_cm / spacing), 1).astype(np.int64)
    count = along * across
    piece = np.repeat(np.arange(len(count)), count)
    rank = np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count)
    row, column = np.divmod(rank, across[piece])
    u = ((row + 0.5) / along[piece]).astype(np.float32)
    v = ((2 * column + 1) / across[piece] - 1).astype(np.float32)
    normal = np.stack([-move[:, 1], move[:, 0]], axis=1) / (length[:, None] + np.float32(1e-9))
    offset = normal * tubes.radius_cm[:, None]
    x = tubes.start_cm[piece, 0] + u * move[piece, 0] + v * offset[piece, 0]
    y = tubes.start_cm[piece, 1] + u * move[piece, 1] + v * offset[piece, 1]
    area = length * 2 * tubes.radius_cm / count / _EXCESS[np.minimum(across, _MAX_COLUMNS)]
    return x, y, _thickness(v, tubes, piece) * area[piece].astype(np.float32)


def _thickness(v: Field, tubes: Tubes, piece: NDArray[np.int64]) -> Field:
    """Length along the beam at a relative distance v from the axis; marrow weighs less."""
    hollow = tubes.hollow[piece]
    outer = np.sqrt(1 - v * v)
    inner = np.sqrt(np.clip(hollow * hollow - v * v, 0, None))
    profile = outer - np.float32(0.6) * inner
    return (2 * tubes.radius_cm * tubes.thickness)[piece] * profile


def _sampled(seen: Field, across: Field, down: Field) -> Field:
    side = seen.shape[0]
    column = np.clip(across * side, 0, side - 1).astype(np.int64)
    row = np.clip(down * side, 0, side - 1).astype(np.int64)
    return seen[row, column]


def _splat(column: Field, row: Field, weight: Field, side: int) -> Field:
    """Bilinear deposit of weights at fractional pixels."""
    inside = (column > 0) & (column < side - 1) & (row > 0) & (row < side - 1)
    column, row, weight = column[inside], row[inside], weight[inside]
    left, top = column.astype(np.int32), row.astype(np.int32)
    right_share, lower_share = column - left, row - top
    lower, right = weight * lower_share, weight * right_share
    both = lower * right_share
    weights = np.concatenate([weight - lower - right + both, right - both, lower - both, both])
    rows = np.concatenate([top, top, top + 1, top + 1])
    columns = np.concatenate([left, left + 1, left, left + 1])
    # A sparse matrix adds up what falls on one pixel, in single precision and without a sort.
    return coo_array((weights, (rows, columns)), shape=(side, side)).toarray()
