import numpy as np
import pytest

from core.phantom.plane import Frame, plane
from core.phantom.tubes import deposit, disc, polyline

WHERE = plane(Frame(width_cm=20, centre_x_cm=0, centre_y_cm=0, tilt=0), 128)
PIXEL_AREA = WHERE.pixel_cm**2


@pytest.mark.parametrize(("radius_cm", "hollow"), [(0.05, 0), (0.3, 0), (1.2, 0), (1.2, 0.7)])
def test_a_tube_deposits_its_volume(radius_cm: float, hollow: float) -> None:
    line = polyline(np.array([[-4.0, -3.0], [2.0, 5.0]]), radius_cm, hollow=hollow)
    length = 10.0
    volume = np.pi * radius_cm**2 * (1 - 0.6 * hollow**2) * length
    assert deposit(line, WHERE).sum() * PIXEL_AREA == pytest.approx(volume, rel=0.03)


def test_a_tube_is_as_thick_as_its_chord() -> None:
    line = polyline(np.array([[-6.0, 0.0], [6.0, 0.0]]), 1.5)
    profile = deposit(line, WHERE)[:, 64]
    expected = 2 * np.sqrt(np.clip(1.5**2 - WHERE.y_cm[:, 64] ** 2, 0, None))
    assert np.abs(profile - expected).mean() < 0.05


def test_tubes_seen_end_on_are_denser() -> None:
    flat = np.array([[-3.0, 0.0, 0.0], [3.0, 0.0, 0.0]])
    steep = np.array([[-3.0, 0.0, 0.0], [3.0, 0.0, 8.0]])
    ratio = deposit(polyline(steep, 0.5), WHERE).sum() / deposit(polyline(flat, 0.5), WHERE).sum()
    assert ratio == pytest.approx(10 / 6, rel=1e-3)


def test_crossing_tubes_add_up() -> None:
    across = polyline(np.array([[-5.0, 0.0], [5.0, 0.0]]), 0.5)
    down = polyline(np.array([[0.0, -5.0], [0.0, 5.0]]), 0.5)
    apart = deposit(across, WHERE) + deposit(down, WHERE)
    assert apart[64, 64] == pytest.approx(2 * deposit(across, WHERE)[64, 90], rel=0.1)


def test_only_what_is_seen_is_deposited() -> None:
    line = polyline(np.array([[-5.0, 0.0], [5.0, 0.0]]), 0.4)
    right_half = (WHERE.x_cm > 0).astype(np.float32)
    shown = deposit(line, WHERE, right_half)
    assert shown[:, :62].max() == 0
    assert np.allclose(shown[:, 68:], deposit(line, WHERE)[:, 68:])


def test_a_disc_is_round_and_flat() -> None:
    plate = deposit(disc((1.0, -2.0), 2.0, thickness=0.5), WHERE)
    y, x = np.nonzero(plate > 0.5)
    assert (x.max() - x.min()) == pytest.approx(y.max() - y.min(), abs=2)
    centre = plate[np.abs(WHERE.y_cm[:, 0] + 2).argmin(), np.abs(WHERE.x_cm[0] - 1).argmin()]
    assert centre == pytest.approx(2 * 2.0 * 0.5, rel=0.1)
