"""Each image through the frozen backbone once; the features are kept under what they depend on."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.errors import WeightsError
from core.lookup import lookup
from core.models.backbones import BACKBONES
from core.models.classifier import Classifier, num_features
from core.models.weights import load_backbone
from core.progress import Progress, silent
from core.records import ForwardRecord, WeightsRecord
from core.specs import ImageSpec, RunSpec
from core.store.arrays import ArrayParts
from core.store.data import Dataset, DataStore
from core.store.pixels import Pixels
from core.training.device import DeviceImages, best_device, forward_batch_size
from core.training.distributed import ALONE, World

PART_BATCHES = 64
"""Batches of each process after which results are kept: a kill costs a minute at most."""


@dataclass(frozen=True, eq=False)
class FrozenBackbone:
    """A backbone with the weights that a run starts from.

    Args:
        model: In eval mode, in fp32, on the best device; its head is not trained.
        weights: Where the weights came from.
    """

    model: Classifier
    weights: WeightsRecord


def frozen_backbone(spec: RunSpec, expected: WeightsRecord | None = None) -> FrozenBackbone:
    """Load the backbone that a run starts from onto the best device.

    Args:
        spec: The run.
        expected: The weights that the run was trained with, where it was.

    Raises:
        ConfigError: If the backbone is unknown.
        WeightsError: If its weights cannot be had, or are not the expected ones.
    """
    row = lookup(BACKBONES, spec.backbone, "backbone")
    # A path was typed in some folder; the record knows where that was.
    wanted = expected.origin if expected and expected.kind == "file" else spec.weights
    backbone, weights = load_backbone(row, wanted, spec.image.size, spec.seed)
    if expected is not None and expected.sha256 != weights.sha256:
        raise WeightsError(
            f"The weights at {weights.origin} are not those that run {spec.run_id} was trained "
            f"with (hash {weights.sha256}, expected {expected.sha256})."
        )
    return FrozenBackbone(Classifier(backbone).to(best_device()).eval(), weights)


def as_recorded(model: Classifier, forward: ForwardRecord) -> Classifier:
    """The model with its backbone in the precision and layout that features are computed in."""
    dtype = torch.bfloat16 if forward.precision == "bf16" else torch.float32
    model.backbone.to(dtype)
    is_last = forward.layout == "channels_last"
    return model.to(memory_format=torch.channels_last if is_last else torch.contiguous_format)


def feature_key(spec: RunSpec, tensors: str, forward: ForwardRecord, dataset: Dataset) -> str:
    """The name of a data set's features: backbone, and a hash over all that they depend on.

    Args:
        spec: The run.
        tensors: Hash of the backbone's tensors, initial or tuned.
        forward: How features are computed.
        dataset: Whose features.
    """
    computed = f"{forward.precision} {forward.layout}"
    parts = (tensors, dataset.cache_key(spec.image), computed)
    digest = hashlib.sha256(":".join(parts).encode()).hexdigest()[:12]
    return f"{spec.backbone}-{digest}"


def dataset_features(
    store: DataStore,
    dataset: Dataset,
    image: ImageSpec,
    key: str,
    model: Callable[[], Classifier],
    progress: Progress = silent,
    world: World = ALONE,
) -> NDArray[np.float32]:
    """A data set's features, extracted unless they are stored already.

    After a kill the same call goes on where the last part was kept, to the same bits.

    Args:
        store: Holds the decoded images.
        dataset: Whose features.
        image: Preprocessing.
        key: From `feature_key`.
        model: Gives the backbone, asked only where features are missing.
        progress: Told after each batch.
        world: The processes that share the work; the main one writes.

    Returns:
        float32 [N, d] in the manifest's order, memory-mapped.

    Raises:
        DataError: If the image cache is missing or damaged.
    """
    path = store.features_path(dataset, key)
    parts = ArrayParts(path)
    if not world.told(path.exists()):
        pixels = store.images(dataset, image).pixels
        features = extract(model(), pixels, progress, world, parts)
        if world.is_main:
            store.write_features(dataset, key, features)
        world.wait()
    if world.is_main:
        parts.remove()
    return store.features(dataset, key)


def extract(
    model: Classifier,
    pixels: NDArray[np.uint8] | Pixels,
    progress: Progress = silent,
    world: World = ALONE,
    parts: ArrayParts | None = None,
) -> NDArray[np.float32]:
    """Pooled features of all images.

    Args:
        model: In eval mode, on its device.
        pixels: uint8 [N, S, S].
        progress: Told after each batch.
        world: The processes that share the work.
        parts: Where results are kept while this goes on, and taken from.

    Returns:
        float32 [N, d].
    """
    images = DeviceImages(pixels, model.mean.device)
    return forward_all(
        lambda rows: model.features(images.batch(rows)),
        np.arange(len(pixels)),
        num_features(model.backbone),
        model.mean.device,
        progress,
        world,
        parts,
    )


def forward_all(
    forward: Callable[[NDArray[np.int64]], Tensor],
    rows: NDArray[np.int64],
    length: int,
    device: torch.device,
    progress: Progress = silent,
    world: World = ALONE,
    parts: ArrayParts | None = None,
) -> NDArray[np.float32]:
    """What a network says of images, batch after batch, the batches dealt out to the processes.

    The batches are the same for any number of processes, and so is each result, to the bit.

    Args:
        forward: int64 (B,), some of the rows, to (B, length).
        rows: int64 [n], the images.
        length: Of one result.
        device: Where the network is.
        progress: Told after each batch.
        world: The processes that share the work.
        parts: Where the main process keeps results while this goes on, and takes them from.

    Returns:
        float32 [n, length], whole in every process.
    """
    results = np.zeros((len(rows), length), np.float32)
    step = forward_batch_size(device)
    done = _taken(parts, results, step, world)
    for first in range(done, len(rows), PART_BATCHES * step * world.size):
        last = min(first + PART_BATCHES * step * world.size, len(rows))
        with torch.inference_mode():
            for start in range(first + world.rank * step, last, world.size * step):
                chosen = slice(start, min(start + step, last))
                results[chosen] = forward(rows[chosen]).float().cpu().numpy()
                progress("extracting features", chosen.stop, len(rows))
        _share(results[first:last], world)
        if parts is not None and world.is_main:
            parts.keep(first, results[first:last])
    return results


def _taken(parts: ArrayParts | None, results: NDArray[np.float32], step: int, world: World) -> int:
    """Fill in the results that were kept; returns how many, a whole number of batches."""
    kept = parts.kept() if parts is not None and world.is_main else None
    done = world.told(0 if kept is None else min(len(kept) // step * step, len(results)))
    if kept is not None:
        results[:done] = kept[:done]
    _share(results[:done], world)
    return done


def _share(results: NDArray[np.float32], world: World) -> None:
    """Bring results into every process: a row is a number in one of them and 0 in all others."""
    if world.size > 1:
        results[:] = world.sum(torch.from_numpy(results)).numpy()
