"""Copies are found: all of those within the bands' reach, and none that is not there."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.protocol.duplicates import Pictures, copies, crossing, near_pairs, to_set_aside

RNG = np.random.default_rng(0)


def random_hashes(num: int) -> NDArray[np.uint64]:
    return RNG.integers(0, 2**64, (num, 4), np.uint64, endpoint=False)


def flipped(hashes: NDArray[np.uint64], num_bits: int) -> NDArray[np.uint64]:
    """Each hash with `num_bits` of its bits changed."""
    bits = np.unpackbits(hashes.view(np.uint8), axis=1)
    for row in bits:
        row[RNG.choice(256, num_bits, replace=False)] ^= 1
    return np.packbits(bits, axis=1).view(np.uint64)


def test_every_pair_up_to_15_bits_apart_is_found() -> None:
    hashes = random_hashes(400)
    for num_bits in (1, 8, 15):
        pairs, bits = near_pairs(np.concatenate([hashes, flipped(hashes, num_bits)]))
        assert pairs.tolist() == [[k, k + 400] for k in range(400)]
        assert set(bits.tolist()) == {num_bits}


def test_pairs_further_apart_are_found_as_often_as_stated() -> None:
    hashes = random_hashes(2000)
    for num_bits, share in ((24, 0.98), (32, 0.87)):
        pairs, _ = near_pairs(np.concatenate([hashes, flipped(hashes, num_bits)]))
        assert abs(len(pairs) / 2000 - share) < 0.03


def test_the_pairs_are_those_of_a_search_through_all() -> None:
    base = random_hashes(40)
    hashes = np.concatenate([base, flipped(base, 6), flipped(base, 11), random_hashes(40)])
    words = [sum(int(word) << (64 * k) for k, word in enumerate(row)) for row in hashes]
    expected = [
        [i, j]
        for i in range(len(words))
        for j in range(i + 1, len(words))
        if (words[i] ^ words[j]).bit_count() <= 32
    ]
    assert near_pairs(hashes)[0].tolist() == expected


def test_nothing_and_one_have_no_pairs() -> None:
    assert near_pairs(random_hashes(0))[0].shape == (0, 2)
    assert near_pairs(random_hashes(1))[0].shape == (0, 2)


A, B, C = random_hashes(3)
FAR = flipped(A[None], 9)[0]
FLAT = np.zeros(4, np.uint64)


def pictures(*images: tuple[str, str, str, str, NDArray[np.uint64]]) -> Pictures:
    """Each image: dataset, split, image_id, sha256, hash."""
    columns = ("dataset", "split", "image_id", "sha256")
    rows = pl.DataFrame([image[:4] for image in images], schema=columns, orient="row")
    rows = rows.with_columns(patient_id="image_id")
    return Pictures(rows, np.stack([image[4] for image in images]))


def told(copied: pl.DataFrame) -> list[tuple[str, str, int | None]]:
    return copied.select("image_id", "image_id_other", "bits").rows()


def test_identical_files_are_told_once_and_not_as_near_ones() -> None:
    found = copies(pictures(("s", "train", "x", "1", A), ("t", "test", "y", "1", A)))
    assert told(found) == [("x", "y", None)]


def test_a_changed_copy_is_near_and_another_picture_is_not() -> None:
    found = copies(
        pictures(
            ("s", "train", "x", "1", A), ("s", "train", "z", "3", B), ("t", "test", "y", "2", FAR)
        )
    )
    assert told(found) == [("x", "y", 9)]


def test_another_file_of_the_same_pixels_is_near() -> None:
    found = copies(pictures(("s", "train", "x", "1", A), ("t", "test", "y", "2", A)))
    assert told(found) == [("x", "y", 0)]


def test_a_thousand_copies_of_a_placeholder_are_one_row_a_pair_of_parts() -> None:
    many = [("s", "train", f"p{k}", "1", A) for k in range(1000)]
    found = copies(pictures(*many, ("t", "test", "y", "1", A)))
    assert told(found) == [("p0", "y", None), ("p0", "p1", None)]
    assert found["num_images"].to_list() == [1000, 1000]


def test_pictures_without_contrast_are_near_nothing() -> None:
    found = copies(pictures(("s", "train", "x", "1", FLAT), ("t", "test", "y", "2", FLAT)))
    assert not found.height


def test_the_train_side_and_the_first_named_data_set_give_way() -> None:
    found = copies(
        pictures(
            ("s", "test", "x", "1", A),
            ("s", "train", "w", "1", A),
            ("t", "train", "y", "2", FAR),
            ("t", "train", "z", "2", FAR),
        )
    )
    assert found.filter(crossing(found)).height == 3
    aside = to_set_aside(found, ["s", "t"])
    gives_way = aside.select("dataset", "split").unique().sort("split").rows()
    assert gives_way == [("s", "test"), ("s", "train")]
    assert set(aside.filter(dataset_other="s")["image_id_other"]) == {"x"}
