"""How fast a cache is built, beside a bare loop of the best decoder at hand.

Both decode the same files at the same reduced scale and resize them alike, with two workers each
(ours are threads of one process, the peer's two processes). Three sets: generated grey JPEGs of
2544 x 3056 pixels, the same again against a decode at full resolution, and the PNGs of a folder.
The rounds alternate, and the ratio is the median of theirs, since other work disturbs both.

    python tests/benchmarks/bench_cache.py --images DIR
"""

import argparse
import math
import multiprocessing
import statistics
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from PIL import Image

from core.imaging.cache import build, publish
from core.imaging.perceptual import fingerprints, from_hex
from core.imaging.workers import Sources
from core.models.backbones import BACKBONES
from core.models.classifier import Classifier
from core.models.weights import load_backbone
from core.specs import ImageSpec
from core.store.pixels import Pixels
from core.tables import IMAGES
from core.training.device import best_device, device_name, forward_batch_size

SPEC = ImageSpec()
NUM_WORKERS = 2
BACKBONE = "efficientnet_lite0"
_MIN_IMAGES = 96
Decoder = Callable[[bytes], NDArray[np.uint8]]


def full_resolution(content: bytes) -> NDArray[np.uint8]:
    """OpenCV's decoder; of those that were tried the fastest for PNG."""
    return _grey(content, cv2.IMREAD_GRAYSCALE)


def reduced_eightfold(content: bytes) -> NDArray[np.uint8]:
    """OpenCV at an eighth of the scale: 2544 x 3056 to 318 x 382."""
    return _grey(content, cv2.IMREAD_REDUCED_GRAYSCALE_8)


def pillow_at_full_resolution(content: bytes) -> NDArray[np.uint8]:
    """Pillow without a reduced scale."""
    with tempfile.SpooledTemporaryFile() as file:
        file.write(content)
        file.seek(0)
        return np.asarray(Image.open(file).convert("L"))


def bare(decoder: Decoder, paths: Sequence[Path]) -> None:
    """The peer's loop: read, decode, crop to the square, resize; nothing is kept."""
    for path in paths:
        pixels = decoder(path.read_bytes())
        height, width = pixels.shape
        side = min(height, width)
        left, top = (width - side) / 2, (height - side) / 2
        Image.fromarray(pixels).resize(
            (SPEC.size, SPEC.size),
            Image.Resampling.BILINEAR,
            box=(left, top, left + side, top + side),
            reducing_gap=3.0,
        )


def peer_seconds(decoder: Decoder, paths: Sequence[Path]) -> float:
    """Two processes that are up and have decoded before."""
    context = multiprocessing.get_context("forkserver")
    shares = [paths[k::NUM_WORKERS] for k in range(NUM_WORKERS)]
    with context.Pool(NUM_WORKERS) as pool:
        pool.map(partial(bare, decoder), [share[:1] for share in shares], chunksize=1)
        start = time.perf_counter()
        pool.map(partial(bare, decoder), shares, chunksize=1)
        return time.perf_counter() - start


def our_seconds(paths: Sequence[Path]) -> float:
    """The builder, from nothing to a published array, with hashes, journal and syncs."""
    root = paths[0].parent.resolve()
    sources = Sources(root, [str(k) for k in range(len(paths))], [path.name for path in paths])
    with tempfile.TemporaryDirectory() as folder:
        array = Path(folder) / "images.npy"
        start = time.perf_counter()
        build(array, sources, SPEC, NUM_WORKERS)
        publish(array)
        return time.perf_counter() - start


def compare(name: str, decoder: Decoder, paths: Sequence[Path], num_rounds: int) -> None:
    """Print images a second of both, and the ratio; the files are taken over and over."""
    paths = [*paths] * math.ceil(_MIN_IMAGES / len(paths))
    rounds = [(our_seconds(paths), peer_seconds(decoder, paths)) for _ in range(num_rounds)]
    ours, peer = (len(paths) / statistics.median(column) for column in zip(*rounds, strict=True))
    ratio = statistics.median(theirs / our for our, theirs in rounds)
    print(f"{name}: ours {ours:.1f} images/s, peer {peer:.1f} images/s, ratio {ratio:.2f}")


def write_jpegs(folder: Path, num_images: int) -> list[Path]:
    """Soft shapes with noise, about 1.6 MB each, as radiographs have."""
    rng = np.random.default_rng(0)
    paths = [folder / f"{k}.jpg" for k in range(num_images)]
    for path in paths:
        coarse = Image.fromarray(rng.integers(20, 200, (30, 25), np.uint8))
        shapes = np.asarray(coarse.resize((2544, 3056), Image.Resampling.BICUBIC), np.float32)
        noisy = shapes + rng.normal(0, 4, shapes.shape)
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(path, quality=90)
    return paths


def compare_hashes(num_images: int) -> None:
    """Seconds that an audit needs for hashes: from the index, and from the pixels as it was."""
    pixels = np.random.default_rng(0).integers(0, 255, (num_images, 224, 224), np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "a.npy", pixels)
        mapped = np.load(Path(folder) / "a.npy", mmap_mode="r")
        start = time.perf_counter()
        hashes = fingerprints(mapped)
        before = time.perf_counter() - start
    told = {"image_id": [str(k) for k in range(num_images)]}
    kept = {"perceptual_hash": [each.tobytes().hex() for each in hashes]}
    index = (
        IMAGES.schema.to_frame()
        .clear(num_images)
        .with_columns(**{name: np.array(values) for name, values in (told | kept).items()})
    )
    start = time.perf_counter()
    assert np.array_equal(from_hex(index["perceptual_hash"].to_list()), hashes)
    after = time.perf_counter() - start
    print(
        f"hashes of {num_images:,} images: ours {after:.4f} s, peer (recomputed) {before:.3f} s, "
        f"ratio {before / after:.0f}"
    )


def compare_reads(num_images: int, num_rounds: int) -> None:
    """Microseconds an image of batches in random order: checked, bare, and their forward pass."""
    values = np.random.default_rng(0).integers(0, 256, (num_images, SPEC.size, SPEC.size), np.uint8)
    checksums = [zlib.crc32(image) for image in values]
    known = {"image_id": [str(k) for k in range(num_images)], "checksum": checksums}
    types = {name: IMAGES.schema[name] for name in known}
    index = pl.DataFrame(known, types)
    device = best_device()
    model = Classifier(load_backbone(BACKBONES[BACKBONE], "random", SPEC.size, 0)[0]).to(device)
    batch_size = forward_batch_size(device)
    order = np.random.default_rng(1).permutation(num_images)
    batches = [order[k : k + batch_size] for k in range(0, num_images, batch_size)]
    ready = torch.from_numpy(values[batches[0]]).to(device)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.npy"
        np.save(path, values)
        mapped = np.load(path, mmap_mode="r")
        checked = (Pixels(mapped, index, path, "own") for _ in range(num_rounds))
        rounds = np.array(
            [(*_read(each, mapped, batches), _forward(model.eval(), ready)) for each in checked]
        )
    first, again, bare, forward = 1e6 * np.median(rounds, axis=0)
    to_bare, to_forward = np.median(rounds[:, :1] / rounds[:, 2:], axis=0)
    print(
        f"first read of an image, checked: ours {first:.0f} µs, bare gather {bare:.0f} µs, "
        f"ratio {to_bare:.1f}; read again {again:.0f} µs"
    )
    print(
        f"first read of an image, beside {BACKBONE} on {device_name(device)}: ours {first:.0f} µs, "
        f"forward alone {forward:.0f} µs, ratio {to_forward:.4f}"
    )


def _read(
    pixels: Pixels, mapped: NDArray[np.uint8], batches: Sequence[NDArray[np.int64]]
) -> tuple[float, float, float]:
    """Seconds an image of a first read, of the next one, and of a bare gather."""
    moments = [time.perf_counter()]
    for array in (pixels, pixels, mapped):
        for rows in batches:
            np.asarray(array[rows])
        moments.append(time.perf_counter())
    first, again, bare = (np.diff(moments) / len(pixels)).tolist()
    return first, again, bare


@torch.inference_mode()
def _forward(model: Classifier, ready: torch.Tensor) -> float:
    """Seconds an image of a batch that is on the device, after one that warms up."""
    model.features(ready).sum().item()
    start = time.perf_counter()
    model.features(ready).sum().item()
    return (time.perf_counter() - start) / len(ready)


def main() -> None:
    """Compare on all sets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, help="A folder of full-resolution PNGs.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jpegs", type=int, default=12)
    arguments = parser.parse_args()
    compare_hashes(5000)
    compare_reads(1024, arguments.rounds)
    with tempfile.TemporaryDirectory() as folder:
        jpegs = write_jpegs(Path(folder), arguments.jpegs)
        compare("JPEG, reduced scale", reduced_eightfold, jpegs, arguments.rounds)
        compare("JPEG, Pillow in full", pillow_at_full_resolution, jpegs, arguments.rounds)
    if arguments.images is not None:
        pngs = sorted(arguments.images.glob("*.png"))
        compare(f"{len(pngs)} PNGs", full_resolution, pngs, arguments.rounds)


def _grey(content: bytes, flag: int) -> NDArray[np.uint8]:
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), flag)
    assert pixels is not None
    return pixels.astype(np.uint8, copy=False)


if __name__ == "__main__":
    cv2.setNumThreads(1)
    main()
