import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from core.saliency.raster import RASTER, drawn, on_grid, pooled_to, regions_of
from core.saliency.render import Frame

sides = st.integers(1, 16)
fractions = st.floats(0, 1)


@settings(max_examples=25)
@given(sides, sides)
def test_pooling_keeps_the_mean(side: int, other: int) -> None:
    maps = np.random.default_rng([side, other]).uniform(size=(2, side, side))

    pooled = pooled_to(maps, other)

    np.testing.assert_allclose(pooled.mean((1, 2)), maps.mean((1, 2)))
    assert pooled.shape == (2, other, other)


@pytest.mark.parametrize("side", [7, 14, 28, 21])
def test_pooling_of_whole_cells_agrees_with_pytorch(side: int) -> None:
    maps = np.random.default_rng(side).normal(size=(3, side, side))
    expected = functional.adaptive_avg_pool2d(torch.from_numpy(maps), 7).numpy()

    np.testing.assert_allclose(pooled_to(maps, 7), expected)


def test_a_grid_pooled_to_itself_is_itself() -> None:
    maps = np.random.default_rng(0).normal(size=(2, 7, 7))

    np.testing.assert_allclose(pooled_to(maps, 7), maps)


@pytest.mark.parametrize("side", [2, 7, 14])
def test_maps_are_drawn_as_pytorch_draws_them(side: int) -> None:
    maps = np.random.default_rng(side).normal(size=(2, side, side))
    expected = functional.interpolate(
        torch.from_numpy(maps)[None], (RASTER, RASTER), mode="bilinear"
    )

    np.testing.assert_allclose(drawn(maps), expected[0].numpy(), atol=1e-6)


@settings(max_examples=25)
@given(fractions, fractions, fractions, fractions)
def test_a_region_seen_on_the_grid_weighs_what_it_holds(
    x: float, y: float, width: float, height: float
) -> None:
    maps = np.random.default_rng(5).normal(size=(1, 7, 7))
    regions = regions_of([[Frame(x, y, width, height)]])

    weighed = (on_grid(regions, (7, 7)) * maps).sum()

    assert weighed == pytest.approx(drawn(maps)[regions].sum(), abs=1e-3)


def test_a_region_is_the_pixels_whose_centres_lie_inside() -> None:
    region = regions_of([[Frame(0.25, 0.5, 0.5, 0.125)]])[0]

    assert region.sum() == 112 * 28
    assert region[112:140, 56:168].all()


def test_a_margin_has_round_corners() -> None:
    region = regions_of([[Frame(0.5, 0.5, 0.25, 0.25)]], margin_pixels=15)[0]

    assert region[112 - 15, 130]
    assert not region[112 - 16, 130]
    assert not region[112 - 14, 112 - 14]
    assert region[112 - 10, 112 - 10]
