"""Each image through the frozen backbone once; the features are kept under what they depend on."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from core.errors import WeightsError
from core.lookup import lookup
from core.models.backbones import BACKBONES
from core.models.classifier import Classifier, num_features
from core.models.weights import load_backbone
from core.progress import Progress, silent
from core.records import WeightsRecord
from core.specs import ImageSpec, RunSpec
from core.store.data import Dataset, DataStore
from core.training.device import best_device, forward_batch_size


@dataclass(frozen=True, eq=False)
class FrozenBackbone:
    """A backbone with the weights that a run starts from.

    Args:
        model: In eval mode, on its device; its head is not trained.
        weights: Where the weights came from.
    """

    model: Classifier
    weights: WeightsRecord


def frozen_backbone(spec: RunSpec, expected: WeightsRecord | None = None) -> FrozenBackbone:
    """Load a run's backbone onto the best device, at the run's precision.

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
    model = Classifier(backbone).to(best_device()).to(memory_format=torch.channels_last)
    if spec.precision == "bf16":
        model.backbone.to(torch.bfloat16)
    return FrozenBackbone(model, weights)


def feature_key(spec: RunSpec, weights: WeightsRecord, dataset: Dataset) -> str:
    """The name of a data set's features: backbone, and a hash over all that they depend on."""
    parts = (weights.sha256, dataset.cache_key(spec.image), spec.precision)
    digest = hashlib.sha256(":".join(parts).encode()).hexdigest()[:12]
    return f"{spec.backbone}-{digest}"


def dataset_features(
    store: DataStore,
    dataset: Dataset,
    image: ImageSpec,
    key: str,
    model: Callable[[], Classifier],
    progress: Progress = silent,
) -> NDArray[np.float32]:
    """A data set's features, extracted unless they are stored already.

    Args:
        store: Holds the decoded images.
        dataset: Whose features.
        image: Preprocessing.
        key: From `feature_key`.
        model: Gives the backbone, asked only where features are missing.
        progress: Told after each batch.

    Returns:
        float32 [N, d] in the manifest's order, memory-mapped.

    Raises:
        DataError: If the image cache is missing or damaged.
    """
    if not store.features_path(dataset, key).exists():
        pixels = store.images(dataset, image).pixels
        store.write_features(dataset, key, extract(model(), pixels, progress))
    return store.features(dataset, key)


def extract(
    model: Classifier, pixels: NDArray[np.uint8], progress: Progress = silent
) -> NDArray[np.float32]:
    """Pooled features of all images.

    Args:
        model: In eval mode, on its device.
        pixels: uint8 [N, S, S].
        progress: Told after each batch.

    Returns:
        float32 [N, d].
    """
    features = np.empty((len(pixels), num_features(model.backbone)), np.float32)
    device = model.mean.device
    step = forward_batch_size(device)
    with torch.inference_mode():
        for start in range(0, len(pixels), step):
            rows = slice(start, start + step)
            batch = torch.from_numpy(pixels[rows].copy()).to(device)
            features[rows] = model.features(batch).float().cpu().numpy()
            progress("extracting features", min(rows.stop, len(pixels)), len(pixels))
    return features
