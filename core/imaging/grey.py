"""What every format is read to: 8-bit grey values, and how they came to be 8 bits."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.errors import DataError
from core.imaging.views import UNKNOWN_VIEW

MAX_PIXELS = 100_000_000
"""Largest image that is opened; a 43 x 43 cm detector at 0.1 mm has 18.5 million."""

MIN_SIDE = 16
"""Smallest side of an image that is opened: what is smaller is a placeholder."""

MAX_ASPECT = 16
"""How many times one side may be the other: what is longer is a strip of something."""

AS_STORED = "as stored"
OWN_RANGE = "own range"


@dataclass(frozen=True, eq=False)
class Grey:
    """A decoded image, perhaps at reduced scale.

    Args:
        image: Of mode L; 0 is black.
        width: Of the file's image, upright, in pixels.
        height: Of the file's image, upright, in pixels.
        extent: Width and height of all of it in `image`, in pixels; less than the size of
            `image` where the reduced scale filled its last row or column in part.
        scaling: How stored values became 8 bits: `as stored`, `own range` (linearly from the
            image's own minimum and maximum), or what a DICOM header asked for.
        view: PA, AP or LATERAL where a DICOM header says so, else UNKNOWN.
    """

    image: Image.Image
    width: int
    height: int
    extent: tuple[float, float]
    scaling: str
    view: str = UNKNOWN_VIEW


def check_size(width: int, height: int) -> None:
    """Check that a header describes a radiograph, before memory is taken for its pixels.

    Raises:
        DataError: If it is too large, too small or too long; without the file's name.
    """
    told = f"{width} x {height} pixels"
    if width * height > MAX_PIXELS:
        raise DataError(f"claims {told}, more than the {MAX_PIXELS:,} that are opened")
    if min(width, height) < MIN_SIDE:
        raise DataError(f"has {told}, a side under {MIN_SIDE}: no radiograph")
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise DataError(f"has {told}, one side over {MAX_ASPECT} times the other: no radiograph")


def scaled_to_8_bits(
    values: NDArray[np.floating], low: float, high: float, inverted: bool = False
) -> NDArray[np.uint8]:
    """Values from `low` (black) to `high` (white), linearly, to 0 … 255; all 0 where equal.

    Args:
        values: Of any shape.
        low: What becomes 0.
        high: What becomes 255.
        inverted: Whether `low` is white.
    """
    share = np.clip((values - low) / (high - low), 0, 1) if high > low else np.zeros_like(values)
    return np.rint(255 * (1 - share if inverted else share)).astype(np.uint8)
