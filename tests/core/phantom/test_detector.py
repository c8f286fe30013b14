from dataclasses import replace

import numpy as np
import pytest

from core.phantom.detector import (
    WATER_PER_CM,
    attenuation,
    detected,
    developed,
    equalised,
    optical_depth,
)
from core.phantom.hospitals import HOSPITALS, SOURCE, TARGET
from core.phantom.plane import Frame, plane

WHERE = plane(Frame(width_cm=32, centre_x_cm=0, centre_y_cm=0, tilt=0), 128)
WEDGE = np.tile(np.linspace(0.5, 5.0, 128, dtype=np.float32), (128, 1))


def test_attenuation_adds_up_along_the_beam() -> None:
    thickness = np.full((4, 4), 3.0, dtype=np.float32)
    total = attenuation(thickness, WATER_PER_CM) + attenuation(thickness, WATER_PER_CM)
    assert np.allclose(np.exp(-total), np.exp(-WATER_PER_CM * 6.0))


def test_thicker_is_denser_but_scatter_lowers_the_contrast() -> None:
    depth = optical_depth(WEDGE, WHERE)
    assert np.all(np.diff(depth[64]) > 0)
    assert np.all(depth <= WEDGE + 1e-4)
    dense, thin = (depth[64, 120] - depth[64, 110]), (depth[64, 20] - depth[64, 10])
    assert dense < thin


def test_noise_is_stronger_where_less_passes() -> None:
    hospital = replace(HOSPITALS[TARGET], blur_cm=1e-3)
    noise = detected(WEDGE, hospital, WHERE, np.random.default_rng(0)) - WEDGE
    assert noise[:, 100:].std() > 2 * noise[:, :28].std()
    ratio = noise[:, 110:].std() / noise[:, :18].std()
    expected = np.exp(0.5 * (WEDGE[0, 110:].mean() - WEDGE[0, :18].mean()))
    assert ratio == pytest.approx(expected, rel=0.15)


def test_blur_spreads_an_edge_and_keeps_the_mean() -> None:
    hospital = replace(HOSPITALS[TARGET], noise=0.0, blur_cm=0.5)
    edge = np.where(WHERE.x_cm > 0, 3.0, 2.0).astype(np.float32)
    blurred = detected(edge, hospital, WHERE, np.random.default_rng(0))
    assert blurred.mean() == pytest.approx(edge.mean(), abs=1e-3)
    assert np.abs(np.diff(blurred[64])).max() < 0.3


@pytest.mark.parametrize("name", list(HOSPITALS))
def test_greys_rise_with_attenuation_and_stay_in_range(name: str) -> None:
    grey = developed(WEDGE, HOSPITALS[name], np.random.default_rng(0))
    assert grey.min() >= 0
    assert grey.max() <= 1
    assert grey[64, 120] > grey[64, 64] > grey[64, 8]


def test_full_equalisation_flattens_the_histogram_and_none_does_nothing() -> None:
    grey = np.random.default_rng(0).beta(2, 6, size=(128, 128)).astype(np.float32)
    assert np.array_equal(equalised(grey, 0), grey)
    counts = np.histogram(equalised(grey, 1.0), bins=8, range=(0, 1))[0] / grey.size
    assert np.all(np.abs(counts - 1 / 8) < 0.02)


def test_equalisation_keeps_the_order_of_greys() -> None:
    grey = np.linspace(0, 1, 64 * 64, dtype=np.float32).reshape(64, 64) ** 3
    assert np.all(np.diff(equalised(grey, HOSPITALS[SOURCE].equalisation).ravel()) >= 0)
