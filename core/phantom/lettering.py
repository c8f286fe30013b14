"""What is burnt into the finished picture: the side letter, the token, the black border."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from core.phantom.hospitals import HospitalSpec
from core.phantom.plane import Field

Box = tuple[float, float, float, float]
"""x, y, width, height as fractions of the image, from its upper left corner."""

_TOKEN_WIDTH, _TOKEN_HEIGHT = 0.17, 0.075
"""Sides of the token, as shares of the image: it stays visible at 96 pixels."""
_LETTER_GREY = 238


@dataclass(frozen=True)
class Stamp:
    """What is burnt in: greys, and how far they cover what is there."""

    grey: Image.Image
    opacity: Image.Image


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
    return _stamped(grey, stamp, (across, down), (size, size))


def token_box(rng: np.random.Generator) -> Box:
    """Where the token lies: in the lower corner at the patient's right, a little different."""
    across = rng.uniform(0.02, 0.05)
    down = 1 - _TOKEN_HEIGHT - rng.uniform(0.02, 0.05)
    return float(across), float(down), _TOKEN_WIDTH, _TOKEN_HEIGHT


def with_token(grey: Field, box: Box) -> Field:
    """`grey` with the token, a white plate with dark writing, inside `box`."""
    x, y, width, height = box
    plate = _plate(*(round(2 * share * grey.shape[0]) for share in (width, height)))
    return _stamped(grey, plate, (x, y), (width, height))


def _stamped(
    grey: Field, stamp: Stamp, corner: tuple[float, float], extent: tuple[float, float]
) -> Field:
    """`grey` with a stamp inside the box that starts at `corner`; fractions of the image."""
    side = grey.shape[0]
    pixels = (max(int(extent[0] * side), 3), max(int(extent[1] * side), 3))
    white, opacity = (
        np.asarray(layer.resize(pixels, Image.Resampling.BOX), dtype=np.float32) / 255
        for layer in (stamp.grey, stamp.opacity)
    )
    left, top = (int(np.ceil(place * side)) for place in corner)
    marked = grey.copy()
    patch = marked[top : top + pixels[1], left : left + pixels[0]]
    shown = (slice(patch.shape[0]), slice(patch.shape[1]))
    patch += opacity[shown] * (white[shown] - patch)
    return marked


@lru_cache(maxsize=64)
def _letter(text: str, pixels: int) -> Stamp:
    """A single white letter on nothing."""
    canvas = Image.new("L", (pixels, pixels))
    font = ImageFont.load_default(size=pixels)
    ImageDraw.Draw(canvas).text((pixels / 2, pixels / 2), text, fill=255, font=font, anchor="mm")
    return Stamp(Image.new("L", canvas.size, _LETTER_GREY), canvas)


@lru_cache(maxsize=64)
def _plate(width: int, height: int) -> Stamp:
    """An opaque plate with writing."""
    canvas = Image.new("L", (width, height), 255)
    font = ImageFont.load_default(size=0.62 * height)
    ImageDraw.Draw(canvas).text((width / 2, height / 2), "ERECT", fill=0, font=font, anchor="mm")
    return Stamp(canvas, Image.new("L", canvas.size, 255))
