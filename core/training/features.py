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
from core.store.data import Dataset, DataStore
from core.training.device import DeviceImages, best_device, forward_batch_size
from core.training.distributed import ALONE, World


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
    backbone, weights = load_backbone(row, spec.weights, spec.image.size, spec.seed)
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
    if not world.told(store.features_path(dataset, key).exists()):
        pixels = store.images(dataset, image).pixels
        features = extract(model(), pixels, progress, world)
        if world.is_main:
            store.write_features(dataset, key, features)
        world.wait()
    return store.features(dataset, key)


def extract(
    model: Classifier,
    pixels: NDArray[np.uint8],
    progress: Progress = silent,
    world: World = ALONE,
) -> NDArray[np.float32]:
    """Pooled features of all images.

    Args:
        model: In eval mode, on its device.
        pixels: uint8 [N, S, S].
        progress: Told after each batch.
        world: The processes that share the work.

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
    )


def forward_all(
    forward: Callable[[NDArray[np.int64]], Tensor],
    rows: NDArray[np.int64],
    length: int,
    device: torch.device,
    progress: Progress = silent,
    world: World = ALONE,
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

    Returns:
        float32 [n, length], whole in every process.
    """
    results = np.zeros((len(rows), length), np.float32)
    step = forward_batch_size(device)
    with torch.inference_mode():
        for start in range(world.rank * step, len(rows), world.size * step):
            chosen = slice(start, start + step)
            results[chosen] = forward(rows[chosen]).float().cpu().numpy()
            progress("extracting features", min(chosen.stop, len(rows)), len(rows))
    # Every row is a number in one process and 0 in all others.
    return results if world.size == 1 else world.sum(torch.from_numpy(results)).numpy()
