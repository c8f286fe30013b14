import numpy as np
import pytest

from core.phantom.plane import Frame, cloud, ellipse, plane, resized, step

FRAME = Frame(width_cm=30, centre_x_cm=1.5, centre_y_cm=-2.0, tilt=0.2)


def test_places_and_fractions_are_inverse() -> None:
    where = plane(FRAME, 40)
    across, down = FRAME.to_fractions(where.x_cm, where.y_cm)
    centres = (np.arange(40) + 0.5) / 40
    assert np.allclose(across, centres[None, :], atol=1e-5)
    assert np.allclose(down, centres[:, None], atol=1e-5)


def test_the_patients_left_lies_on_the_images_right() -> None:
    where = plane(Frame(width_cm=30, centre_x_cm=0, centre_y_cm=0, tilt=0), 16)
    assert where.x_cm[0, -1] > 0 > where.x_cm[0, 0]
    assert where.y_cm[-1, 0] > 0 > where.y_cm[0, 0]


def test_an_ellipse_has_its_area() -> None:
    where = plane(FRAME, 300)
    inside = ellipse(where, (1.0, -1.0), (5.0, 2.0), angle=0.7) < 1
    assert inside.sum() * where.pixel_cm**2 == pytest.approx(np.pi * 10, rel=0.01)


def test_a_step_rises_from_nothing_to_all() -> None:
    rise = step(np.array([-2.0, -1.0, 0.0, 1.0, 2.0]), 2.0)
    assert rise.tolist() == [0, 0, 0.5, 1, 1]


@pytest.mark.parametrize(("scale_cm", "octaves"), [(1.0, 1), (2.0, 3), (0.6, 4)])
def test_clouds_have_about_unit_variance_at_every_scale(scale_cm: float, octaves: int) -> None:
    field = cloud(np.random.default_rng(0), plane(FRAME, 256), scale_cm, octaves)
    assert field.std() == pytest.approx(1.0, abs=0.25)


def test_coarse_clouds_are_smoother_than_fine_ones() -> None:
    where = plane(FRAME, 128)
    rough, smooth = (
        np.abs(np.diff(cloud(np.random.default_rng(0), where, scale, 1))).mean()
        for scale in (0.6, 6.0)
    )
    assert rough > 4 * smooth


def test_resizing_keeps_the_mean_and_the_place() -> None:
    where = plane(FRAME, 64)
    field = np.exp(-ellipse(where, (3.0, 2.0), (3.0, 3.0))).astype(np.float32)
    large = resized(field, 128)
    assert large.mean() == pytest.approx(field.mean(), rel=1e-3)
    assert np.allclose(np.array(np.unravel_index(large.argmax(), large.shape)) // 2,
                       np.unravel_index(field.argmax(), field.shape), atol=1)  # fmt: skip
