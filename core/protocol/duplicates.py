"""Pictures that are there twice: the same file, or a resized or recompressed copy of it.

A *part* is a split of a data set. Copies are told per pair of parts and not per pair of images,
so that a thousand copies of one placeholder are one row and not half a million.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.imaging.perceptual import MAX_BITS, NUM_FREQUENCIES, distances
from core.tables import SPLITS

_UNIT = ("dataset", "split", "sha256")

COPIES = pl.Schema(
    {
        "bits": pl.Int64,
        "dataset": pl.String,
        "split": pl.String,
        "sha256": pl.String,
        "image_id": pl.String,
        "num_images": pl.UInt32,
        "dataset_other": pl.String,
        "split_other": pl.String,
        "sha256_other": pl.String,
        "image_id_other": pl.String,
        "num_images_other": pl.UInt32,
    }
)
"""Columns of `copies`; `bits` is null for identical files, else the distance of the hashes."""


@dataclass(frozen=True, eq=False)
class Pictures:
    """The images of one or more data sets, as far as they can be read and are in use.

    Args:
        rows: One row per image: dataset, split, image_id, patient_id, sha256.
        hashes: Their perceptual hashes, uint64 [n, 4].
    """

    rows: pl.DataFrame
    hashes: NDArray[np.uint64]

    @classmethod
    def concatenated(cls, several: Sequence["Pictures"]) -> "Pictures":
        """The images of several data sets."""
        rows = pl.concat([each.rows for each in several])
        return cls(rows, np.concatenate([each.hashes for each in several]))


def copies(pictures: Pictures, max_bits: int = MAX_BITS) -> pl.DataFrame:
    """Identical and near-identical images, within parts and across them.

    Pictures without any contrast are near-identical to nothing.

    Returns:
        `COPIES`: one row per pair of files and parts, the one that comes first in `rows` left.
    """
    return pl.concat([_identical(pictures.rows), _near_identical(pictures, max_bits)])


def near_pairs(
    hashes: NDArray[np.uint64], max_bits: int = MAX_BITS
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of hashes at most `max_bits` apart, found by 16 bands of 16 bits.

    Two hashes are compared where at least one band agrees: all pairs up to 15 bits apart, and
    98 % and 87 % of those 24 and 32 bits apart, if differing bits fall anywhere. Sorting costs
    O(16 n log n), and comparing is linear in the number of pairs that share a band: on real
    chests 6.2 in 10,000 of all pairs. Memory stays O(n).

    Args:
        hashes: uint64 [n, 4].
        max_bits: Largest distance.

    Returns:
        Rows i < j, int64 [m, 2], sorted, and their distances in bits, int64 [m].

    Source:
        Indyk and Motwani, Approximate Nearest Neighbors, STOC 1998 (bit sampling).
    """
    found = [np.empty((0, 2), np.int64)]
    for band in _bands(hashes).T:
        for left, right in _sharing(band):
            near = distances(hashes[left], hashes[right]) <= max_bits
            if near.any():
                found.append(np.sort(np.stack([left[near], right[near]], axis=1), axis=1))
    pairs = np.unique(np.concatenate(found), axis=0)
    return pairs, distances(hashes[pairs[:, 0]], hashes[pairs[:, 1]])


def _bands(hashes: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """uint16 [n, 16]: diagonals of the frequencies, whose bits depend on each other the least."""
    side = np.arange(NUM_FREQUENCIES)
    diagonals = side * NUM_FREQUENCIES + (side + side[:, None]) % NUM_FREQUENCIES
    bits = np.unpackbits(np.ascontiguousarray(hashes).view(np.uint8), axis=1)
    chosen = np.packbits(bits[:, diagonals.ravel()], axis=1)
    return np.ascontiguousarray(chosen).view(np.uint16)


def _sharing(band: NDArray[np.uint16]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Rows with the same value, each with the next one, then the one after it, and so on."""
    order = np.argsort(band, kind="stable")
    values = band[order]
    places = np.arange(len(band))
    for step in range(1, len(band)):
        places = places[: np.searchsorted(places, len(band) - step)]
        places = places[values[places] == values[places + step]]
        if not len(places):
            return
        yield order[places], order[places + step]


def _units(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per file content and part: its first image, and how many there are."""
    return rows.group_by(_UNIT, maintain_order=True).agg(
        pl.col("image_id").first(),
        pl.col("image_id").get(1, null_on_oob=True).alias("image_id_second"),
        pl.len().alias("num_images"),
        pl.col("place").first(),
    )


def _identical(rows: pl.DataFrame) -> pl.DataFrame:
    units = _units(rows.with_row_index("place"))
    across = units.join(units, on="sha256", suffix="_other", coalesce=False).filter(
        pl.col("place") < pl.col("place_other")
    )
    within = units.filter(pl.col("num_images") > 1).with_columns(
        pl.col(*_UNIT, "num_images").name.suffix("_other"),
        image_id_other="image_id_second",
    )
    bits = pl.lit(None, pl.Int64).alias("bits")
    return pl.concat([frame.with_columns(bits).select(*COPIES) for frame in (across, within)])


def _near_identical(pictures: Pictures, max_bits: int) -> pl.DataFrame:
    contrast = pictures.hashes.max(axis=1, initial=0) > 0
    rows = pictures.rows.with_row_index("place").filter(pl.Series(contrast))
    unique, number = np.unique(pictures.hashes[contrast], axis=0, return_inverse=True)
    units = _units(rows).join(
        rows.select("place", hash=pl.Series(number.ravel(), dtype=pl.Int64)), on="place"
    )
    pairs, bits = near_pairs(unique, max_bits)
    same = np.arange(len(unique))
    either = pl.DataFrame(
        {
            "hash": np.concatenate([pairs[:, 0], pairs[:, 1], same]),
            "hash_other": np.concatenate([pairs[:, 1], pairs[:, 0], same]),
            "bits": np.concatenate([bits, bits, np.zeros_like(same)]),
        }
    )
    joined = units.join(either, on="hash").join(
        units, left_on="hash_other", right_on="hash", suffix="_other"
    )
    found = joined.filter(
        pl.col("place") < pl.col("place_other"), pl.col("sha256") != pl.col("sha256_other")
    )
    return found.sort("place", "place_other").select(*COPIES).cast(COPIES)


def crossing(copied: pl.DataFrame) -> pl.Expr:
    """True for rows of `copied` whose two sides are different data sets or splits."""
    return (pl.col("dataset") != pl.col("dataset_other")) | (
        pl.col("split") != pl.col("split_other")
    )


def to_set_aside(copied: pl.DataFrame, datasets: Sequence[str]) -> pl.DataFrame:
    """The side of each crossing pair that gives way, so that what is scored stays whole.

    Within a data set that is the split that comes first of train, val, test; between two, the
    data set that was named first (the source).

    Args:
        copied: `COPIES`.
        datasets: Names, the source first.

    Returns:
        dataset, split, sha256 and the other side's dataset_other, split_other, image_id_other.
    """
    wanted = ("dataset", "split", "sha256", "image_id", "bits")
    mirrored = copied.rename(
        {name: f"{name}_other" for name in COPIES if f"{name}_other" in COPIES}
        | {f"{name}_other": name for name in COPIES if f"{name}_other" in COPIES}
    )
    both = pl.concat([copied, mirrored.select(*COPIES)])

    def rank(end: str) -> pl.Expr:
        place = pl.col(f"dataset{end}").replace_strict(
            datasets, range(len(datasets)), return_dtype=pl.Int64
        )
        split = pl.col(f"split{end}").replace_strict(
            SPLITS, range(len(SPLITS)), return_dtype=pl.Int64
        )
        return place * len(SPLITS) + split

    others = [f"{name}_other" for name in wanted if f"{name}_other" in COPIES]
    return both.filter(rank("") < rank("_other")).select(*wanted, *others)
