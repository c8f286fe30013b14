"""Drawing attention maps: positive part, upsampled, coloured, laid over the radiograph.

Shapes: h × w the native grid, S the side of the square that the model sees.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from core.lookup import lookup

Level = NDArray[np.float32]
"""float32 of any shape, 0 to 1: the positive part as a share of a maximum."""

Pixels = NDArray[np.uint8]

_ANCHORS: Mapping[str, str] = {
    "inferno": (
        "000004 0a0722 1e0c45 380962 510e6c 69166e 801f6c 982766 b0315b "
        "c63d4d d94d3d e9612b f47918 fa9407 fcb014 f8cd37 f2ea69 fcffa4"
    ),
    "magma": (
        "000004 090720 1a1042 311165 4a1079 621980 792282 912b81 aa337d "
        "c23b75 d9466b ec5860 f7725c fc8e64 feaa74 fec68a fde2a3 fcfdbf"
    ),
    "viridis": (
        "440154 481769 472a7a 433d84 3d4e8a 355e8d 2e6d8e 297b8e 23898e "
        "1f978b 21a585 2eb37c 46c06f 65cb5e 89d548 b0dd2f d8e219 fde725"
    ),
}
"""18 equally spaced colours of each map, by Smith and van der Walt (matplotlib, CC0)."""


def _interpolated(anchors: str) -> Pixels:
    colours = np.array([list(bytes.fromhex(anchor)) for anchor in anchors.split()])
    at, places = np.linspace(0, 1, 256), np.linspace(0, 1, len(colours))
    channels = [np.interp(at, places, channel) for channel in colours.T]
    return np.round(np.stack(channels, axis=1)).astype(np.uint8)


COLOUR_MAPS: Mapping[str, Pixels] = {
    name: _interpolated(anchors) for name, anchors in _ANCHORS.items()
}
"""Perceptually uniform colour maps, uint8 [256, 3] from low to high; inferno is the default."""


class Frame(NamedTuple):
    """A rectangle in fractions of the square; (0, 0) is the top left."""

    x: float
    y: float
    width: float
    height: float


def levels(native: NDArray[np.floating], size: int, peak: float | None = None) -> Level:
    """A signed native map as the shares that are drawn: positive part, upsampled, scaled.

    Args:
        native: float [h, w], signed.
        size: S, in pixels.
        peak: The value that becomes 1, such as a run's maximum; the map's own unless given.

    Returns:
        float32 [S, S] in 0 to 1; all 0 where nothing is positive.
    """
    positive = np.maximum(native, 0).astype(np.float32)
    top = float(positive.max()) if peak is None else peak
    if top <= 0:
        return np.zeros((size, size), dtype=np.float32)
    return np.clip(upsample(positive, size) / np.float32(top), 0, 1)


def upsample(native: NDArray[np.floating], size: int) -> NDArray[np.float32]:
    """Half-pixel bilinear interpolation of a native map, its edges held.

    Args:
        native: float [h, w].
        size: S, in pixels.

    Returns:
        float32 [S, S].
    """
    rows, columns = (upsampling(length, size) for length in native.shape)
    return (rows @ native.astype(np.float32) @ columns.T).astype(np.float32)


def upsampling(length: int, size: int) -> NDArray[np.float32]:
    """The share of each of `length` cells in each of `size` pixels, along one side.

    Returns:
        float32 [size, length]; each row sums to 1.
    """
    centres = (np.arange(size) + 0.5) * length / size - 0.5
    held = np.clip(centres, 0, length - 1)
    distance = np.abs(held[:, None] - np.arange(length))
    return np.maximum(1 - distance, 0).astype(np.float32)


def coloured(level: Level, colours: Pixels) -> Pixels:
    """Levels as colours whose opacity follows the value: [H, W] to uint8 RGBA [H, W, 4].

    Args:
        level: float32 [H, W] in 0 to 1.
        colours: A row of `COLOUR_MAPS`.
    """
    step = np.round(level * 255).astype(np.uint8)
    return np.dstack((colours[step], step))


def overlay(grey: Pixels, layer: Pixels, opacity: float = 1.0) -> Pixels:
    """A coloured map over a radiograph: uint8 [H, W] and [H, W, 4] to RGB [H, W, 3].

    Args:
        grey: The radiograph.
        layer: RGBA of the same height and width.
        opacity: 0 to 1, multiplied with the layer's own.
    """
    alpha = layer[..., 3:].astype(np.float32) / 255 * opacity
    mixed = layer[..., :3] * alpha + grey[..., None] * (1 - alpha)
    return np.round(mixed).astype(np.uint8)


def with_boxes(rgb: Pixels, boxes: Iterable[Frame]) -> Pixels:
    """Boxes as thin white lines with a dark halo, seen on bright and on dark ground.

    Args:
        rgb: uint8 [H, W, 3]; it is not changed.
        boxes: In fractions of the square.
    """
    image = Image.fromarray(rgb)
    draw = ImageDraw.Draw(image)
    for box in boxes:
        left, top = box.x * image.width, box.y * image.height
        right, bottom = left + box.width * image.width, top + box.height * image.height
        draw.rectangle((left - 1, top - 1, right + 1, bottom + 1), outline="black", width=3)
        draw.rectangle((left, top, right, bottom), outline="white", width=1)
    return np.asarray(image)


@dataclass(frozen=True)
class Look:
    """How a map is drawn.

    Args:
        colours: Row of `COLOUR_MAPS`.
        opacity: 0 to 1, multiplied with the opacity that follows the value.
        peak: The value at the top of the scale, shared by all maps of a run; the map's own
            maximum unless given.
        with_legend: Whether a bar with the scale stands at the right.
    """

    colours: str = "inferno"
    opacity: float = 0.7
    peak: float | None = None
    with_legend: bool = False


_PLAIN = Look()


def picture(
    grey: Pixels,
    native: NDArray[np.floating],
    boxes: Iterable[Frame] = (),
    look: Look = _PLAIN,
) -> Pixels:
    """A map over its radiograph, with boxes and a legend: what pages, reports and files show.

    Args:
        grey: uint8 [S, S], as the model sees it.
        native: float [h, w], signed; its positive part is drawn.
        boxes: In fractions of the square.
        look: How.

    Returns:
        uint8 RGB [S, S, 3]; wider by the legend where there is one.
    """
    colours = lookup(COLOUR_MAPS, look.colours, "colour map")
    top = max(float(native.max()), 0.0) if look.peak is None else look.peak
    layer = coloured(levels(native, len(grey), top), colours)
    drawn = with_boxes(overlay(grey, layer, look.opacity), boxes)
    return np.hstack((drawn, legend(len(grey), colours, top))) if look.with_legend else drawn


def legend(height: int, colours: Pixels, top: float) -> Pixels:
    """A bar of the colours from 0 at the bottom to `top`: uint8 RGB [height, about height / 4, 3].

    Args:
        height: In pixels.
        colours: A row of `COLOUR_MAPS`.
        top: The value at the upper end.
    """
    margin, thickness = max(height // 28, 2), max(height // 20, 4)
    image = Image.new("RGB", (2 * margin + thickness + height // 6, height))
    steps = np.linspace(255, 0, height - 2 * margin).round().astype(np.uint8)
    bar = np.repeat(colours[steps][:, None], thickness, axis=1)
    image.paste(Image.fromarray(bar), (margin, margin))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(max(height / 18, 6))
    left = 2 * margin + thickness
    draw.text((left, margin), f"{top:.2g}", fill="white", font=font, anchor="lt")
    draw.text((left, height - margin), "0", fill="white", font=font, anchor="lb")
    return np.asarray(image)


def png(pixels: Pixels, mode: Literal["L", "RGB", "RGBA"]) -> bytes:
    """Pixels as a PNG file.

    Args:
        pixels: uint8 [H, W] for L, [H, W, 3] for RGB, [H, W, 4] for RGBA.
        mode: What the last axis holds.
    """
    expected = (*pixels.shape[:2], len(mode)) if mode != "L" else pixels.shape[:2]
    if pixels.shape != expected:
        raise ValueError(f"Expected pixels of shape {expected} for {mode}, got {pixels.shape}")
    file = BytesIO()
    Image.fromarray(pixels).save(file, format="PNG")
    return file.getvalue()
