import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from torch.nn import functional

from core.errors import ConfigError
from core.saliency.render import (
    COLOUR_MAPS,
    Frame,
    Look,
    coloured,
    legend,
    levels,
    overlay,
    picture,
    png,
    upsample,
    with_boxes,
)

RNG = np.random.default_rng(3)


def bilinear(native: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """PyTorch's half-pixel bilinear interpolation."""
    batch = torch.from_numpy(native)[None, None]
    return functional.interpolate(batch, (size, size), mode="bilinear", align_corners=False)[
        0, 0
    ].numpy()


@given(st.integers(1, 16), st.integers(1, 16), st.integers(16, 80))
def test_upsampling_agrees_with_pytorch(height: int, width: int, size: int) -> None:
    native = np.random.default_rng([height, width]).normal(size=(height, width)).astype(np.float32)

    np.testing.assert_allclose(upsample(native, size), bilinear(native, size), atol=2e-5)


def test_only_the_positive_part_is_drawn() -> None:
    native = np.array([[-4.0, -1.0], [-2.0, -3.0]])

    assert not levels(native, 8).any()


def test_negative_cells_do_not_pull_their_neighbours_down() -> None:
    with_negative, without = np.array([[2.0, -9.0]]), np.array([[2.0, 0.0]])

    np.testing.assert_array_equal(levels(with_negative, 8), levels(without, 8))


def test_a_map_is_scaled_by_its_own_maximum() -> None:
    drawn = levels(np.array([[0.0, 5.0], [0.0, 0.0]]), 64)

    assert drawn.max() == 1
    assert drawn.min() == 0


def test_a_shared_maximum_scales_every_map_alike() -> None:
    native = np.array([[0.0, 5.0], [0.0, 0.0]])

    np.testing.assert_allclose(levels(native, 64, peak=20.0), levels(native, 64) / 4, rtol=1e-5)


def test_values_past_a_given_maximum_stay_at_the_top() -> None:
    assert levels(np.array([[8.0]]), 4, peak=2.0).max() == 1


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_colours_are_those_of_matplotlib(name: str) -> None:
    colormaps = pytest.importorskip("matplotlib").colormaps
    expected = 255 * colormaps[name](np.arange(256))[:, :3]

    assert np.abs(COLOUR_MAPS[name] - expected).max() < 8


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_colours_grow_brighter_without_a_step_back(name: str) -> None:
    luma = COLOUR_MAPS[name] @ np.array([0.2126, 0.7152, 0.0722])

    assert (np.diff(luma) > -0.75).all()  # rounding to whole numbers
    assert luma[-1] - luma[0] > 180


def test_opacity_follows_the_value() -> None:
    level = np.array([[0.0, 0.5, 1.0]], np.float32)

    layer = coloured(level, COLOUR_MAPS["inferno"])

    np.testing.assert_array_equal(layer[0, :, 3], [0, 128, 255])
    np.testing.assert_array_equal(layer[0, 2, :3], COLOUR_MAPS["inferno"][255])


def test_an_overlay_agrees_with_pillow() -> None:
    grey = RNG.integers(0, 256, (20, 20), dtype=np.uint8)
    layer = RNG.integers(0, 256, (20, 20, 4), dtype=np.uint8)
    ground = Image.fromarray(grey).convert("RGBA")
    expected = np.asarray(Image.alpha_composite(ground, Image.fromarray(layer)).convert("RGB"))

    mixed = overlay(grey, layer)

    assert np.abs(mixed.astype(int) - expected).max() <= 1


def test_an_overlay_without_opacity_is_the_radiograph() -> None:
    grey = RNG.integers(0, 256, (8, 8), dtype=np.uint8)
    layer = RNG.integers(0, 256, (8, 8, 4), dtype=np.uint8)

    np.testing.assert_array_equal(overlay(grey, layer, opacity=0)[..., 1], grey)


@pytest.mark.parametrize("ground", [0, 128, 255])
def test_a_box_is_seen_on_any_ground(ground: int) -> None:
    rgb = np.full((40, 40, 3), ground, np.uint8)

    boxed = with_boxes(rgb, [Frame(0.25, 0.25, 0.5, 0.5)])

    assert (boxed[10, 10:31] == 255).all()
    assert (boxed[9, 9:32] == 0).all()
    assert (boxed[20, 20] == ground).all()
    assert (rgb == ground).all()


GREY = RNG.integers(0, 256, (56, 56), dtype=np.uint8)
SIGNED = RNG.normal(size=(7, 7))


def test_a_picture_is_the_overlay_of_the_coloured_map_with_its_boxes() -> None:
    box = Frame(0.25, 0.25, 0.5, 0.5)
    layer = coloured(levels(SIGNED, 56), COLOUR_MAPS["magma"])

    drawn = picture(GREY, SIGNED, [box], Look(colours="magma", opacity=0.5))

    np.testing.assert_array_equal(drawn, with_boxes(overlay(GREY, layer, 0.5), [box]))


def test_a_shared_scale_draws_a_weak_map_weakly() -> None:
    own, shared = picture(GREY, SIGNED), picture(GREY, SIGNED, look=Look(peak=100.0))
    ground = np.repeat(GREY[..., None], 3, axis=2).astype(int)

    assert np.abs(shared - ground).mean() < 0.1 * np.abs(own - ground).mean()


@pytest.mark.parametrize("native", [np.zeros((7, 7)), -np.ones((7, 7))])
def test_a_map_without_a_positive_part_shows_the_radiograph(native: NDArray[np.floating]) -> None:
    np.testing.assert_array_equal(picture(GREY, native), np.repeat(GREY[..., None], 3, axis=2))


def test_a_legend_runs_from_the_lowest_colour_to_the_highest() -> None:
    colours = COLOUR_MAPS["viridis"]
    bar = legend(224, colours, top=0.25)

    np.testing.assert_array_equal(bar[8, 9], colours[255])
    np.testing.assert_array_equal(bar[224 - 9, 9], colours[0])
    assert (bar[8:24, 28:] == 255).any()
    assert (bar[200:216, 28:] == 255).any()


def test_a_legend_stands_at_the_right_of_the_picture() -> None:
    plain, wide = picture(GREY, SIGNED), picture(GREY, SIGNED, look=Look(with_legend=True))

    np.testing.assert_array_equal(wide[:, :56], plain)
    assert wide.shape[1] > 60


def test_an_unknown_colour_map_is_one_sentence() -> None:
    with pytest.raises(ConfigError, match="Unknown colour map 'jet'. Known colour maps: inferno"):
        picture(GREY, SIGNED, look=Look(colours="jet"))


@pytest.mark.parametrize(
    ("mode", "shape"), [("L", (6, 5)), ("RGB", (6, 5, 3)), ("RGBA", (6, 5, 4))]
)
def test_a_png_holds_the_pixels(mode: str, shape: tuple[int, ...]) -> None:
    from io import BytesIO

    pixels = RNG.integers(0, 256, shape, dtype=np.uint8)

    read = Image.open(BytesIO(png(pixels, mode)))  # pyright: ignore[reportArgumentType]

    assert read.mode == mode
    np.testing.assert_array_equal(np.asarray(read), pixels)


def test_a_png_of_another_mode_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Expected pixels of shape \(6, 5, 4\) for RGBA"):
        png(np.zeros((6, 5, 3), np.uint8), "RGBA")
