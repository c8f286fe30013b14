import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.imaging.geometry import Box, Geometry, fit
from core.specs import ImageSpec

SIDES = st.integers(8, 4000)
GEOMETRIES = st.sampled_from(["crop", "pad", "squash"])


def geometry_of(width: int, height: int, kind: str) -> Geometry:
    return fit(width, height, ImageSpec.model_validate({"geometry": kind}))


@given(width=SIDES, height=SIDES, kind=GEOMETRIES)
def test_a_box_that_stays_inside_comes_back(width: int, height: int, kind: str) -> None:
    geometry = geometry_of(width, height, kind)
    visible = geometry.visible
    box = Box(
        visible.x + 0.25 * visible.width,
        visible.y + 0.25 * visible.height,
        0.5 * visible.width,
        0.25 * visible.height,
    )
    inside = geometry.to_square(box)
    assert inside is not None
    assert geometry.to_original(inside) == pytest.approx(box, abs=1e-9)


@given(side=SIDES, kind=GEOMETRIES)
def test_a_square_image_is_laid_in_as_it_is(side: int, kind: str) -> None:
    box = Box(0.1, 0.2, 0.3, 0.4)
    assert geometry_of(side, side, kind).to_square(box) == pytest.approx(box)


def test_a_crop_of_a_wide_image_cuts_both_sides() -> None:
    geometry = geometry_of(200, 100, "crop")
    assert geometry.visible == pytest.approx((0.25, 0, 0.5, 1))
    assert geometry.to_square(Box(0, 0, 0.2, 1)) is None
    assert geometry.to_square(Box(0, 0, 0.5, 1)) == pytest.approx((0, 0, 0.5, 1))


def test_padding_a_tall_image_leaves_bands_at_both_sides() -> None:
    geometry = geometry_of(100, 200, "pad")
    assert geometry.visible == pytest.approx((0, 0, 1, 1))
    assert geometry.to_square(Box(0, 0, 1, 1)) == pytest.approx((0.25, 0, 0.5, 1))
