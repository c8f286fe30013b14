"""What is burnt into the finished picture: the side letter, the token, the black border."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from core.phantom.hospitals import HospitalSpec
from core.phantom.plane import Field

Box = tuple[float, float, float, float]
"""x, y, width, height as fractions of the image, from its upper left corner."""

_TOKEN_SIDE = 0.09
"""Side of the token, as a share of the image: it stays visible at 96 pixels."""


def collimated(grey: Field, hospital: HospitalSpec, rng: np.random.Generator) -> Field:
    """`grey` with the shutters' black border, if this image has one."""
    shutters = rng.uniform(0.0, 0.055, 4)
    if rng.random() >= hospital.share_collimated:
        return grey
    side = grey.shape[0]
    left, top, right, bottom = (round(share * side) for share in shutters.tolist())
    framed = np.zeros_like(grey)
    inner = (slice(top, side - bottom), slice(left, side - right))
    framed[inner] = grey[inner]
    return framed


def lettered(grey: Field, hospital: HospitalSpec, rng: np.random.Generator) -> Field:
    """`grey` with the letter of a side on that side of the patient."""
    size = rng.uniform(0.038, 0.052)
    across = rng.uniform(0.035, 0.10)
    down = rng.uniform(0.03, 0.16)
    if hospital.letter == "L":
        # The patient's left is on the image's right.
        across = 1 - across - size
    stamp = _letter(hospital.letter, round(size * 2 * grey.shape[0]))
    return _stamped(grey, stamp, across, down, size, 0.93)


def token_box(rng: np.random.Generator) -> Box:
    """Where the token lies: in the lower corner at the patient's right, a little different."""
    across, down = rng.uniform(0.025, 0.06), 1 - _TOKEN_SIDE - rng.uniform(0.025, 0.06)
    return float(across), float(down), _TOKEN_SIDE, _TOKEN_SIDE


def with_token(grey: Field, box: Box) -> Field:
    """`grey` with the token, a lead disc with a hole, inside `box`."""
    x, y, size, _ = box
    return _stamped(grey, _disc(round(size * 2 * grey.shape[0])), x, y, size, 1.0)


def _stamped(
    grey: Field, stamp: Image.Image, across: float, down: float, size: float, white: float
) -> Field:
    side = grey.shape[0]
    pixels = max(int(size * side), 3)
    small = stamp.resize((pixels, pixels), Image.Resampling.BOX)
    opacity = np.asarray(small, dtype=np.float32) / 255
    left, top = int(np.ceil(across * side)), int(np.ceil(down * side))
    marked = grey.copy()
    patch = marked[top : top + pixels, left : left + pixels]
    opacity = opacity[: patch.shape[0], : patch.shape[1]]
    patch += opacity * (np.float32(white) - patch)
    return marked


@lru_cache(maxsize=64)
def _letter(text: str, pixels: int) -> Image.Image:
    canvas = Image.new("L", (pixels, pixels))
    font = ImageFont.load_default(size=pixels)
    ImageDraw.Draw(canvas).text((pixels / 2, pixels / 2), text, fill=255, font=font, anchor="mm")
    return canvas


@lru_cache(maxsize=64)
def _disc(pixels: int) -> Image.Image:
    grid = (np.arange(pixels) + 0.5) / pixels * 2 - 1
    radius = np.hypot(grid[None, :], grid[:, None])
    inside: NDArray[np.bool_] = (radius < 1) & (radius > 0.28)
    return Image.fromarray((255 * inside).astype(np.uint8))
