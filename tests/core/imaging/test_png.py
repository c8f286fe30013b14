"""A PNG is handed on with the same pixels, or refused where any of them is missing or wrong."""

import io
import zlib
from collections.abc import Mapping

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from core.imaging.png import whole_png
from tests.fixtures.image_files import (
    GREY,
    GREY_ALPHA,
    PALETTE,
    RGB,
    RGB_ALPHA,
    chunk,
    encoded,
    png,
    soft,
)

KINDS = [
    *((GREY, depth) for depth in (1, 2, 4, 8, 16)),
    *((PALETTE, depth) for depth in (1, 2, 4, 8)),
    *((colour, depth) for colour in (RGB, GREY_ALPHA, RGB_ALPHA) for depth in (8, 16)),
]
PLAIN = png(soft())
_HEADER, _END = PLAIN[:33], chunk(b"IEND", b"")
ROWS = b"".join(b"\0" + row.tobytes() for row in soft())
DATA = zlib.compress(ROWS)


def of(*parts: bytes) -> bytes:
    return b"".join((_HEADER, *(chunk(b"IDAT", part) for part in parts), _END))


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("size", [(64, 64), (16, 17), (21, 19)])
@pytest.mark.parametrize(("colour", "depth"), KINDS)
def test_every_kind_keeps_its_pixels(
    colour: int, depth: int, size: tuple[int, int], interlaced: bool
) -> None:
    channels = {GREY: 1, PALETTE: 1, RGB: 3, GREY_ALPHA: 2, RGB_ALPHA: 4}[colour]
    values = np.random.default_rng(0).integers(0, 1 << depth, (*size, channels))
    palette = chunk(b"PLTE", bytes(range(256)) * 3) if colour == PALETTE else b""
    content = png(values, depth, colour, interlaced, before_data=palette)

    assert drawn(whole_png(content)) == drawn(content)


def test_parts_of_any_size_are_one_picture() -> None:
    for num_bytes in (1, 100, 8192):
        cut = [DATA[at : at + num_bytes] for at in range(0, len(DATA), num_bytes)]
        assert drawn(whole_png(of(*cut))) == drawn(PLAIN)


def test_what_stands_behind_the_pixels_is_kept() -> None:
    told = chunk(b"tEXt", b"Comment\0PORTABLE")
    assert told in whole_png(PLAIN[: -len(_END)] + told + _END)


def test_a_little_padding_is_let_be() -> None:
    assert drawn(whole_png(PLAIN + bytes(64))) == drawn(PLAIN)


FAULTS: Mapping[str, tuple[bytes, str]] = {
    "a row too few": (of(zlib.compress(ROWS[:-65])), "fewer pixels than its header"),
    "half of its rows": (of(zlib.compress(ROWS[: len(ROWS) // 2])), "fewer pixels than"),
    "a byte too few": (of(zlib.compress(ROWS[:-1])), "fewer pixels than"),
    "a row too many": (of(zlib.compress(ROWS + ROWS[:65])), "more pixels than its header"),
    "an inflating bomb": (of(zlib.compress(bytes(50_000_000))), "more pixels than its header"),
    "a stream that ends early": (of(DATA[:-40]), "fewer pixels than"),
    "a stream without its checksum": (of(DATA[:-4]), "fewer pixels than"),
    "other data in its stream": (of(DATA, b"more"), "other data follow its pixels"),
    "other data behind it": (PLAIN + bytes(65), "65 bytes follow its end"),
    "a file behind it": (PLAIN + PLAIN, "bytes follow its end"),
    "no header in front": (PLAIN[:8] + PLAIN[33:], "its header is none of a PNG"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_what_is_missing_or_left_over_is_refused(case: str) -> None:
    content, told = FAULTS[case]
    with pytest.raises(ValueError, match=told):
        whole_png(content)


def test_a_wrong_checksum_of_the_pixels_is_refused() -> None:
    with pytest.raises(zlib.error, match="incorrect data check"):
        whole_png(of(DATA[:-1] + bytes([DATA[-1] ^ 1])))


def test_noise_is_stored_in_as_many_pixels() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 400), np.uint8)
    content = encoded(Image.fromarray(noise), "PNG")
    assert drawn(whole_png(content)) == drawn(content)


def drawn(content: bytes) -> tuple[str, tuple[int, int], bytes]:
    opened = PngImageFile(io.BytesIO(content))
    return opened.mode, opened.size, opened.tobytes()
