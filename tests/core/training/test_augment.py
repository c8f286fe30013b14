import numpy as np
import pytest
import torch
from torch import Tensor
from torchvision.transforms.functional import affine  # pyright: ignore[reportUnknownVariableType]

from core.specs import AugmentSpec
from core.training.augment import Draws, augment

STILL = AugmentSpec(rotation_degrees=0, shift=0, min_crop_scale=1, exposure=0, noise=0)
KEYS = [(0, 0, row, 0) for row in range(200)]


def images(num_images: int, size: int = 32) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (num_images, size, size), dtype=torch.uint8, generator=generator)


def fixed(**columns: float) -> Draws:
    """One view whose draws are 0 but for those named."""
    names = ("angle", "x", "y", "area", "crop_x", "crop_y", "brightness", "contrast")
    uniform = np.array([[columns.get(name, 0.0) for name in names]])
    return Draws(uniform, np.array([1]))


def test_a_view_that_may_not_move_is_the_image() -> None:
    pixels = images(3)
    view = augment(pixels, STILL, Draws.of(KEYS[:3]))
    torch.testing.assert_close(view, pixels / 255, rtol=0, atol=1e-6)


def test_a_view_depends_on_its_key_alone_and_not_on_its_batch() -> None:
    pixels = images(6)
    together = augment(pixels, AugmentSpec(), Draws.of(KEYS[:6]))
    backwards = augment(pixels.flip(0), AugmentSpec(), Draws.of(KEYS[:6][::-1])).flip(0)
    alone = augment(pixels[4:5], AugmentSpec(), Draws.of(KEYS[4:5]))
    assert torch.equal(together, backwards)
    assert torch.equal(together[4:5], alone)


@pytest.mark.parametrize("place", range(4))
def test_seed_epoch_image_and_view_each_change_the_view(place: int) -> None:
    other = [0, 0, 0, 0]
    other[place] = 1
    views = augment(images(1).repeat(2, 1, 1), AugmentSpec(), Draws.of([KEYS[0], tuple(other)]))  # pyright: ignore[reportArgumentType]
    assert not torch.allclose(views[0], views[1], atol=0.01)


@pytest.mark.parametrize(
    ("spec", "draws", "expected"),
    [
        ({"rotation_degrees": 10}, {"angle": 1.0}, {"angle": -10.0}),
        ({"shift": 0.25}, {"x": 1.0, "y": -0.5}, {"translate": [-8.0, 4.0]}),
        ({"min_crop_scale": 0.25}, {"area": 1.0}, {"scale": 2.0}),
    ],
)
def test_views_are_moved_as_torchvision_moves_them(
    spec: dict[str, float], draws: dict[str, float], expected: dict[str, object]
) -> None:
    pixels = images(1)
    changed = STILL.model_copy(update=spec)
    arguments = {"angle": 0.0, "translate": [0.0, 0.0], "scale": 1.0, "shear": [0.0, 0.0]}
    reference = affine(pixels.float() / 255, **(arguments | expected), interpolation=2)  # pyright: ignore
    view = augment(pixels, changed, fixed(**draws))
    torch.testing.assert_close(view, reference, rtol=0, atol=1e-4)


def test_chests_are_never_mirrored() -> None:
    pixels = torch.zeros(len(KEYS), 32, 32, dtype=torch.uint8)
    pixels[:, :, :16] = 200
    views = augment(pixels, AugmentSpec(), Draws.of(KEYS))
    assert (views[:, :, :16].mean((1, 2)) > views[:, :, 16:].mean((1, 2)) + 0.2).all()


def test_exposure_changes_brightness_and_contrast_within_its_share() -> None:
    spec = STILL.model_copy(update={"exposure": 0.2})
    pixels = torch.full((len(KEYS), 8, 8), 100, dtype=torch.uint8)
    means = augment(pixels, spec, Draws.of(KEYS)).mean((1, 2)) / (100 / 255)
    assert 0.8 <= means.min() < 0.83
    assert 1.17 < means.max() <= 1.2


def test_noise_has_its_standard_deviation() -> None:
    spec = STILL.model_copy(update={"noise": 0.05})
    pixels = torch.full((20, 64, 64), 128, dtype=torch.uint8)
    views = augment(pixels, spec, Draws.of(KEYS[:20]))
    assert float((views - 128 / 255).std()) == pytest.approx(0.05, rel=0.02)


def test_views_stay_between_black_and_white() -> None:
    views = augment(images(50), AugmentSpec(noise=1, exposure=0.9), Draws.of(KEYS[:50]))
    assert views.min() == 0
    assert views.max() == 1
