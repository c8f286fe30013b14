"""A copy of a picture keeps its hash; another picture has another one."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageEnhance
from scipy.fft import dctn

from core.imaging.decode import decode
from core.imaging.perceptual import MAX_BITS, distances, fingerprints
from core.specs import ImageSpec


def smooth(seed: int, size: int = 96) -> NDArray[np.uint8]:
    """A picture of a few soft shapes, as a chest is."""
    coarse = np.random.default_rng(seed).integers(20, 200, (12, 12), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC))


def hash_of(picture: Image.Image) -> NDArray[np.uint64]:
    return fingerprints(np.asarray(picture.resize((96, 96), Image.Resampling.BILINEAR))[None])


def recompressed(picture: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("L")


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "resized": lambda picture: picture.resize((50, 50), Image.Resampling.BICUBIC),
    "recompressed": lambda picture: recompressed(picture, 50),
    "brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.1),
    "of less contrast": lambda picture: ImageEnhance.Contrast(picture).enhance(0.8),
    "all of it": lambda picture: recompressed(
        ImageEnhance.Brightness(picture.resize((70, 70))).enhance(1.1), 75
    ),
}


@pytest.mark.parametrize("change", COPIES)
def test_a_copy_is_near_its_original(change: str) -> None:
    for seed in range(20):
        picture = Image.fromarray(smooth(seed))
        assert distances(hash_of(picture), hash_of(COPIES[change](picture)))[0] <= MAX_BITS


def test_different_pictures_are_far_apart() -> None:
    hashes = fingerprints(np.stack([smooth(seed) for seed in range(60)]))
    left, right = np.triu_indices(60, 1)
    assert distances(hashes[left], hashes[right]).min() > 2 * MAX_BITS


def test_the_bits_are_the_signs_of_scipys_cosine_transform() -> None:
    picture = smooth(3, 48)
    expected = np.asarray(dctn(picture.astype(float)))[1:17, 1:17] > 0
    bits = np.unpackbits(fingerprints(picture[None]).view(np.uint8)).reshape(16, 16)
    assert np.array_equal(bits.astype(bool), expected)


def test_a_hash_does_not_depend_on_its_neighbours() -> None:
    pictures = np.stack([smooth(seed, 32) for seed in range(300)])
    together = fingerprints(pictures)
    assert np.array_equal(together[270:], fingerprints(pictures[270:]))


def test_a_picture_without_contrast_has_no_bits() -> None:
    flat = np.stack([np.full((40, 40), value, np.uint8) for value in (0, 77, 255)])
    assert not fingerprints(flat).any()


def test_distances_count_differing_bits() -> None:
    left = np.array([[0, 0, 0, 0], [7, 0, 0, 1]], np.uint64)
    right = np.array([[0, 0, 0, 0], [0, 0, 1, 1]], np.uint64)
    assert distances(left, right).tolist() == [0, 4]


@pytest.mark.real
def test_real_images_are_near_their_full_resolution_and_nothing_else(real_data: Path) -> None:
    small = sorted((real_data / "chestxray14/images_001/images").glob("*.png"))[:300]
    large = {path.name: path for path in (real_data / "nih_full_resolution").rglob("*.png")}
    small += [path for path in small[0].parent.glob("*.png") if path.name in large]
    names = sorted({path.name: path for path in small})
    hashes = _hashes([small[0].parent / name for name in names])
    chosen = sorted(large)
    copies = _hashes([large[name] for name in chosen])
    for name, copy in zip(chosen, copies, strict=True):
        near = distances(hashes, np.broadcast_to(copy, hashes.shape)) <= MAX_BITS
        assert [names[k] for k in np.flatnonzero(near)] == [name]


def _hashes(paths: list[Path]) -> NDArray[np.uint64]:
    return fingerprints(np.stack([decode(path, ImageSpec()).pixels for path in paths]))
