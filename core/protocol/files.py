"""What the image files tell: whether they can be read, what they hold, and their hashes."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from core.errors import DataError
from core.imaging.decode import decode
from core.imaging.perceptual import NUM_WORDS, fingerprints, from_hex
from core.progress import Progress, silent
from core.protocol.duplicates import Pictures
from core.protocol.observations import Observation, Severity, listed
from core.specs import ImageSpec
from core.store.data import Dataset
from core.store.pixels import CachedImages

HASHED = ImageSpec()
"""Pictures are compared as the default cache holds them, so that it can be used where it is."""

_BATCH = 256
_ALPHA = ("RGBA", "LA", "PA", "La", "RGBa")


@dataclass(frozen=True, eq=False)
class Scanned:
    """What was read of a data set's files.

    Args:
        files: One row per image in use: dataset, split, image_id, patient_id, sha256 (null where
            it cannot be read), mode (Pillow's; null for formats that it does not open) and fault
            (one sentence, or null).
        hashes: Perceptual hashes, uint64 [n, 4]; zeros where a file cannot be read.
    """

    files: pl.DataFrame
    hashes: NDArray[np.uint64]

    @property
    def pictures(self) -> Pictures:
        """The images that can be read."""
        readable = self.files["fault"].is_null()
        return Pictures(
            self.files.filter(readable).drop("mode", "fault"), self.hashes[readable.to_numpy()]
        )


@dataclass(frozen=True, eq=False)
class _File:
    sha256: str | None
    mode: str | None
    fault: str | None
    hash: NDArray[np.uint64]


def scan(dataset: Dataset, cached: CachedImages | None, progress: Progress = silent) -> Scanned:
    """Read every image in use, or take its pixels and hash from the cache.

    Args:
        dataset: The data set; images in quarantine are left out.
        cached: Its images as `HASHED` lays them out, where they were decoded before.
        progress: Told after each batch.
    """
    used = dataset.manifest.filter(~dataset.set_aside).select(
        "split", "image_id", "patient_id", "path", dataset=pl.lit(dataset.name)
    )
    paths = [Path(dataset.record.root, path) for path in used["path"]]
    stage = f"reading {dataset.name}"
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        read: list[_File] = []
        for start in range(0, len(paths), _BATCH):
            batch = paths[start : start + _BATCH]
            read += pool.map(_decoded if cached is None else _header, batch)
            progress(stage, start + len(batch), len(paths))
    files = used.drop("path").with_columns(
        sha256=pl.Series([each.sha256 for each in read], dtype=pl.String),
        mode=pl.Series([each.mode for each in read], dtype=pl.String),
        fault=pl.Series([each.fault for each in read], dtype=pl.String),
    )
    if cached is None:
        hashes = [each.hash for each in read]
        return Scanned(files, np.stack(hashes) if hashes else np.empty((0, NUM_WORDS), np.uint64))
    return _from_cache(files, cached)


def check_files(scanned: Scanned) -> Iterator[Observation]:
    """What is to be said of a data set's files."""
    files = scanned.files
    faulty = files.filter(pl.col("fault").is_not_null())
    if faulty.height:
        sentence = f"{faulty.height} of {files.height:,} image files cannot be read: "
        sentence += f"{listed(faulty['fault'].to_list())} Get them anew, or use --quarantine."
        yield _about("files", Severity.BREACH, sentence, faulty)
    else:
        yield Observation("files", Severity.NOTE, f"All {files.height:,} image files can be read.")
    deep = files.filter(pl.col("mode").str.starts_with("I") | (pl.col("mode") == "F"))
    if deep.height:
        sentence = f"{deep.height:,} files have more than 8 bits, and are scaled to 8."
        yield _about("colour", Severity.NOTE, sentence, deep)
    alpha = files.filter(pl.col("mode").is_in(_ALPHA))
    if alpha.height:
        sentence = f"{alpha.height:,} files have an alpha channel (RGBA), which is dropped."
        yield _about("colour", Severity.NOTE, sentence, alpha)
    flat = scanned.pictures.rows.filter(pl.Series(~_contrast(scanned.pictures.hashes)))
    if flat.height:
        sentence = f"{flat.height:,} pictures are of one grey value: {listed_ids(flat)}."
        yield _about("files", Severity.WARNING, sentence, flat)


def listed_ids(rows: pl.DataFrame) -> str:
    """The first few image ids, and how many more there are."""
    return listed(rows["image_id"].to_list())


def _contrast(hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
    return np.asarray(hashes.max(axis=1, initial=0) > 0)


def _about(check: str, severity: Severity, sentence: str, rows: pl.DataFrame) -> Observation:
    images = rows.select(pl.format("{}/{}", "dataset", "image_id")).to_series().to_list()
    return Observation(check, severity, sentence, rows.height, tuple(images))


def _mode(path: Path) -> str | None:
    """The mode of a file that can be read; only its first bytes are."""
    try:
        with Image.open(path) as opened:
            return opened.mode
    except UnidentifiedImageError:
        return None  # DICOM, which Pillow does not open


def _decoded(path: Path) -> _File:
    """A worker's result: all faults are collected, so one bad file does not hide the next."""
    try:
        decoded = decode(path, HASHED)
    except DataError as error:
        return _File(None, None, str(error), np.zeros(NUM_WORDS, np.uint64))
    return _File(decoded.sha256, _mode(path), None, fingerprints(decoded.pixels[None])[0])


def _header(path: Path) -> _File:
    """Of a file whose pixels are cached."""
    nothing = np.zeros(NUM_WORDS, np.uint64)
    if not path.is_file():
        return _File(None, None, f"{path}: there is no such image file.", nothing)
    return _File(None, _mode(path), None, nothing)


def _from_cache(files: pl.DataFrame, cached: CachedImages) -> Scanned:
    index = cached.index.select("image_id", "sha256", "perceptual_hash")
    joined = files.drop("sha256").join(index, on="image_id", maintain_order="left")
    hashes = from_hex(joined["perceptual_hash"].to_list())
    return Scanned(joined.select(files.columns), hashes)
