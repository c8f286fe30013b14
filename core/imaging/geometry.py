"""Where a pixel or a box of the original image lies in its square in the cache."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import polars as pl

from core.specs import ImageSpec


class Box(NamedTuple):
    """A rectangle, in fractions of the frame it is given in; (0, 0) is the top left."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Geometry:
    """The affine map from fractions of the original image to fractions of the square.

    Args:
        scale_x: Width of the original image, in widths of the square.
        scale_y: Height of the original image, in heights of the square.
        offset_x: Where the original's left edge lies in the square; negative when cropped.
        offset_y: Where the original's top edge lies in the square.
    """

    scale_x: float
    scale_y: float
    offset_x: float
    offset_y: float

    def to_square(self, box: Box) -> Box | None:
        """A box of the original image in the square, clipped; None if nothing of it is left."""
        left, top = max(self._x(box.x), 0.0), max(self._y(box.y), 0.0)
        right = min(self._x(box.x + box.width), 1.0)
        bottom = min(self._y(box.y + box.height), 1.0)
        if right <= left or bottom <= top:
            return None
        return Box(left, top, right - left, bottom - top)

    def to_original(self, box: Box) -> Box:
        """A box of the square in the original image; it may reach past the image's edges."""
        return Box(
            (box.x - self.offset_x) / self.scale_x,
            (box.y - self.offset_y) / self.scale_y,
            box.width / self.scale_x,
            box.height / self.scale_y,
        )

    @property
    def visible(self) -> Box:
        """The part of the original image that the square shows, in fractions of the original."""
        whole = self.to_square(Box(0.0, 0.0, 1.0, 1.0))
        assert whole is not None
        return self.to_original(whole)

    def _x(self, x: float) -> float:
        return self.offset_x + x * self.scale_x

    def _y(self, y: float) -> float:
        return self.offset_y + y * self.scale_y


def fit(width: int, height: int, image: ImageSpec) -> Geometry:
    """How an image of `width` × `height` pixels is laid into the square.

    `crop` keeps the central square, `pad` keeps everything between black bands of whole pixels,
    `squash` stretches both sides to fit.
    """
    if image.geometry == "squash":
        return Geometry(1.0, 1.0, 0.0, 0.0)
    if image.geometry == "pad":
        (scale_x, offset_x), (scale_y, offset_y) = (
            _padded(side / max(width, height), image.size) for side in (width, height)
        )
        return Geometry(scale_x, scale_y, offset_x, offset_y)
    scale_x, scale_y = width / min(width, height), height / min(width, height)
    return Geometry(scale_x, scale_y, (1 - scale_x) / 2, (1 - scale_y) / 2)


def on_square(
    boxes: pl.DataFrame, index: pl.DataFrame, image: ImageSpec
) -> Iterator[tuple[dict[str, Any], Box]]:
    """Boxes on the square of their image; what is cropped away is left out.

    Args:
        boxes: image_id, x, y, width, height in fractions of the original image, and more.
        index: image_id, source_width, source_height in pixels, as `tables.IMAGES` has them.
        image: How originals are laid into the square.

    Yields:
        A row of `boxes`, and its box in fractions of the square.
    """
    sizes = index.select("image_id", "source_width", "source_height")
    for row in boxes.join(sizes, on="image_id", maintain_order="left").iter_rows(named=True):
        geometry = fit(row["source_width"], row["source_height"], image)
        box = geometry.to_square(Box(row["x"], row["y"], row["width"], row["height"]))
        if box is not None:
            yield row, box


def _padded(share: float, size: int) -> tuple[float, float]:
    """Scale and offset of a side between two bands, in sides of the square."""
    inner = max(1, round(share * size))
    return inner / size, (size - inner) // 2 / size
