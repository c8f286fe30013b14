import numpy as np
import pytest

from core.saliency.perturb import PERTURBATIONS

PIXELS = np.random.default_rng(0).integers(0, 256, (3, 64, 64), dtype=np.uint8)
SEEDS = np.array([5, 9, 5])


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_a_perturbation_changes_an_image_a_little(name: str) -> None:
    changed = PERTURBATIONS[name].apply(PIXELS // 2 + 60, SEEDS)

    assert changed.shape == PIXELS.shape
    assert changed.dtype == np.uint8
    moved = np.abs(changed.astype(int).mean((1, 2)) - (PIXELS // 2 + 60).mean((1, 2)))
    assert (moved < 20).all()
    assert not np.array_equal(changed, PIXELS // 2 + 60)


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_a_perturbation_does_not_depend_on_the_batch(name: str) -> None:
    apply = PERTURBATIONS[name].apply

    alone = np.concatenate([apply(PIXELS[k : k + 1], SEEDS[k : k + 1]) for k in range(3)])

    np.testing.assert_array_equal(apply(PIXELS, SEEDS), alone)


def test_a_shift_moves_right_and_down_and_repeats_the_edge() -> None:
    changed = PERTURBATIONS["shift"].apply(PIXELS, SEEDS)

    np.testing.assert_array_equal(changed[:, 1:, 1:], PIXELS[:, :-1, :-1])
    np.testing.assert_array_equal(changed[:, 0, 1:], PIXELS[:, 0, :-1])


def test_noise_has_its_spread_and_is_the_image_s_own() -> None:
    flat = np.full((3, 64, 64), 128, np.uint8)
    changed = PERTURBATIONS["noise"].apply(flat, SEEDS).astype(float) - 128

    assert changed.std() == pytest.approx(255 * 0.02, rel=0.05)
    np.testing.assert_array_equal(changed[0], changed[2])
    assert not np.array_equal(changed[0], changed[1])


def test_exposure_stops_at_white() -> None:
    grey = np.array([[[100, 250]]], np.uint8)

    np.testing.assert_array_equal(PERTURBATIONS["exposure"].apply(grey, SEEDS[:1]), [[[110, 255]]])
