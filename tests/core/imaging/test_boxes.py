"""A box of the original image, taken through the geometry, marks the same pixels."""

from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from core.imaging.decode import decode
from core.imaging.geometry import Box, fit
from core.specs import ImageSpec
from tests.fixtures.image_files import encoded

SIDES = st.integers(64, 700)
SIZES = st.sampled_from([64, 97, 160])
FRACTIONS = st.floats(0, 1)
_FOUND = 127


@st.composite
def drawn(draw: st.DrawFn) -> tuple[int, int, tuple[int, int, int, int]]:
    """Width, height, and a rectangle (left, top, right, bottom) within, in pixels."""
    width, height = draw(SIDES), draw(SIDES)
    left, right = sorted((draw(FRACTIONS) * width, draw(FRACTIONS) * width))
    top, bottom = sorted((draw(FRACTIONS) * height, draw(FRACTIONS) * height))
    corner = min(int(right) + 1, width), min(int(bottom) + 1, height)
    return width, height, (min(int(left), width - 1), min(int(top), height - 1), *corner)


def edges(values: NDArray[np.uint8]) -> tuple[float, float]:
    """Where a profile rises to half of its height and falls again, between pixels."""
    share = values / values.max()
    first, last = np.flatnonzero(share >= 0.5)[[0, -1]]
    return float(first), float(last + 1)


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    picture=drawn(),
    kind=st.sampled_from(["crop", "pad", "squash"]),
    size=SIZES,
    written=st.sampled_from(["PNG", "JPEG"]),
)
def test_a_bright_rectangle_is_found_where_its_box_is_taken(
    tmp_path: Path,
    picture: tuple[int, int, tuple[int, int, int, int]],
    kind: str,
    size: int,
    written: str,
) -> None:
    width, height, (left, top, right, bottom) = picture
    pixels = np.zeros((height, width), np.uint8)
    pixels[top:bottom, left:right] = 255
    options = {"quality": 95} if written == "JPEG" else {}
    (tmp_path / "a").write_bytes(encoded(Image.fromarray(pixels), written, **options))
    spec = ImageSpec.model_validate({"size": size, "geometry": kind})
    box = Box(left / width, top / height, (right - left) / width, (bottom - top) / height)
    expected = fit(width, height, spec).to_square(box)
    square = decode(tmp_path / "a", spec).pixels
    if expected is None:
        assert square.max() <= _FOUND
        return
    if min(expected.width, expected.height) * size < 3:
        return  # too thin to be seen at this size
    found_left, found_right = edges(square.max(axis=0))
    found_top, found_bottom = edges(square.max(axis=1))
    assert abs(found_left - expected.x * size) <= 1
    assert abs(found_right - (expected.x + expected.width) * size) <= 1
    assert abs(found_top - expected.y * size) <= 1
    assert abs(found_bottom - (expected.y + expected.height) * size) <= 1
