import numpy as np
import pytest
from numpy.typing import NDArray

from core.protocol.likeness import NUM_NEIGHBOURS, Unlikeness, source_looks, unlikeness

Pixels = NDArray[np.uint8]


def features(seed: int, num_images: int, centre: float = 1.0) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    towards = np.full(16, centre, np.float32)
    return (towards + rng.normal(0, 0.3, (num_images, 16))).astype(np.float32)


def pictures(seed: int, num_images: int, grey: float = 100.0, spread: float = 20.0) -> Pixels:
    rng = np.random.default_rng(seed)
    means = rng.normal(grey, 5, (num_images, 1, 1))
    return rng.normal(means, spread, (num_images, 12, 12)).clip(0, 255).astype(np.uint8)


def test_the_distance_is_that_to_the_tenth_nearest_image_of_unit_length() -> None:
    train, val = features(0, 40), features(1, 25)
    looks = source_looks(train, val, pictures(0, 25))
    unit = train / np.linalg.norm(train, axis=1, keepdims=True)
    other = val / np.linalg.norm(val, axis=1, keepdims=True)
    literal = [np.sort(np.linalg.norm(unit - row, axis=1))[NUM_NEIGHBOURS - 1] for row in other]
    assert looks.distances == pytest.approx(np.sort(literal), abs=1e-5)


def test_new_images_of_the_source_spread_over_the_quantiles_and_are_rarely_unlike() -> None:
    looks = source_looks(features(0, 300), features(1, 400), pictures(1, 400))
    new = unlikeness(looks, features(2, 400), pictures(2, 400))
    assert np.mean([each.distance for each in new]) == pytest.approx(0.5, abs=0.06)
    assert sum(bool(each.reasons) for each in new) < 0.06 * 400


def test_features_from_elsewhere_are_far_and_dark_or_flat_images_are_named() -> None:
    looks = source_looks(features(0, 300), features(1, 400), pictures(1, 400))
    (far,) = unlikeness(looks, -features(3, 1), pictures(3, 1))
    (dark,) = unlikeness(looks, features(2, 1), pictures(3, 1, grey=20.0))
    (flat,) = unlikeness(looks, features(2, 1), pictures(3, 1, spread=2.0))
    told = "its features are farther from the source than 100.0 % of the 400 images"
    assert far.reasons[0].startswith(told)
    assert "it is darker than 100.0 %" in " ".join(dark.reasons)
    assert "it is flatter than 100.0 %" in " ".join(flat.reasons)


def test_an_image_in_the_middle_of_the_source_is_not_unlike_it() -> None:
    assert Unlikeness(0.5, 0.5, 0.5, 400).reasons == ()
    assert len(Unlikeness(0.995, 0.001, 0.999, 400).reasons) == 3
