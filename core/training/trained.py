"""What a trained run kept: head, adapter and backbone, and the classifier that they make."""

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file
from safetensors.torch import load_file as load_tensors
from torch import nn

from core.errors import DataError, WeightsError
from core.findings import Finding
from core.lookup import lookup
from core.models.adapter import Adapter
from core.models.backbones import BACKBONES
from core.models.classifier import Classifier
from core.models.weights import load_backbone, state_hash
from core.progress import Progress, silent
from core.records import ForwardRecord, RunRecord, WeightsRecord
from core.store.data import Dataset, DataStore
from core.store.parquet import file_hash
from core.store.results import ResultStore
from core.training.device import best_device
from core.training.features import as_recorded, dataset_features, feature_key, frozen_backbone
from core.training.head import Head

_BATCH_SIZE = 4096


def trained_weights(record: RunRecord) -> WeightsRecord:
    """The weights that the backbone of a run that is done started from."""
    assert record.weights is not None
    return record.weights


def trained_forward(record: RunRecord) -> ForwardRecord:
    """How a run that is done computed its features.

    Raises:
        DataError: If its record is of an earlier version, which did not say.
    """
    if record.forward is None:
        raise DataError(
            f"Run {record.run_id} was trained by an earlier version of cxr, and its record does "
            f"not say how features were computed; cxr runs remove {record.run_id}, train it anew."
        )
    return record.forward


def read_head(results: ResultStore, record: RunRecord) -> Head:
    """A run's linear head.

    Raises:
        DataError: If the file is missing, damaged, or not the one that the run wrote.
    """
    path = results.head_path(record.run_id)
    try:
        tensors = load_file(path)
        weight, bias = tensors["weight"], tensors["bias"]
    except (OSError, SafetensorError, KeyError) as error:
        raise DataError(f"{path}: this head cannot be read; train the run anew.") from error
    if file_hash(path) != record.hashes["head"]:
        raise DataError(f"{path}: is not the head that the run wrote; train the run anew.")
    return Head(weight, bias, tuple(Finding(name) for name in record.trained_findings))


def read_adapter(results: ResultStore, record: RunRecord) -> Adapter | None:
    """A run's adapter, in eval mode on the best device; None where it has none.

    Raises:
        DataError: If the file is missing, damaged, or not the one that the run wrote.
    """
    if "adapter" not in record.hashes:
        return None
    path = results.adapter_path(record.run_id)
    try:
        tensors = load_tensors(path)
    except (OSError, SafetensorError) as error:
        raise DataError(f"{path}: this adapter cannot be read; train the run anew.") from error
    if state_hash(tensors) != record.hashes["adapter"]:
        raise DataError(f"{path}: is not the adapter that the run wrote; train the run anew.")
    adapter = Adapter(len(tensors["norm.weight"]))
    adapter.load_state_dict(tensors)
    return adapter.to(best_device()).eval().requires_grad_(requires_grad=False)


def trained_backbone(results: ResultStore, record: RunRecord) -> Classifier:
    """A run's backbone, tuned or as it was found, as features are computed with it.

    Raises:
        DataError: If a tuned backbone is missing, damaged, or not the one that the run wrote.
        WeightsError: If the initial weights are not those the run was trained with.
    """
    spec = record.spec
    if "backbone" not in record.hashes:
        model = frozen_backbone(spec, expected=trained_weights(record)).model
        return as_recorded(model, trained_forward(record))
    path = results.backbone_path(record.run_id)
    row = lookup(BACKBONES, spec.backbone, "backbone")
    try:
        backbone, found = load_backbone(row, str(path), spec.image.size, spec.seed)
    except WeightsError as error:
        raise DataError(f"{path}: this backbone cannot be read; train the run anew.") from error
    if found.sha256 != record.hashes["backbone"]:
        raise DataError(f"{path}: is not the backbone that the run wrote; train the run anew.")
    return as_recorded(Classifier(backbone).to(best_device()).eval(), trained_forward(record))


def trained_classifier(results: ResultStore, record: RunRecord) -> Classifier:
    """A run's backbone, adapter and head as one model, in eval mode on the best device.

    Raises:
        DataError: If what the run wrote is missing or damaged.
        WeightsError: If the backbone's initial weights are not those the run was trained with.
    """
    head = read_head(results, record)
    model = trained_backbone(results, record)
    linear = nn.Linear(head.weight.shape[1], head.weight.shape[0])
    linear.load_state_dict(
        {"weight": torch.from_numpy(head.weight), "bias": torch.from_numpy(head.bias)}
    )
    model.head = linear.to(model.mean.device)
    model.adapter = read_adapter(results, record)
    return model.eval().requires_grad_(requires_grad=False)


def trained_features(
    record: RunRecord,
    dataset: Dataset,
    data: DataStore,
    results: ResultStore,
    progress: Progress = silent,
) -> NDArray[np.float32]:
    """What a run's head sees of a data set: float32 [N, D] in the manifest's order.

    Raises:
        DataError: If the image cache, or what the run wrote, is missing or damaged.
        WeightsError: If the backbone's initial weights are not those the run was trained with.
    """
    tensors = record.hashes.get("backbone", trained_weights(record).sha256)
    features = dataset_features(
        data,
        dataset,
        record.spec.image,
        feature_key(record.spec, tensors, trained_forward(record), dataset),
        lambda: trained_backbone(results, record),
        progress,
    )
    adapter = read_adapter(results, record)
    return features if adapter is None else adapted(adapter, features)


def adapted(adapter: Adapter, features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Features [N, D] as an adapter passes them on, float32 [N, D]."""
    device = adapter.outer.weight.device
    passed = np.empty(features.shape, np.float32)
    with torch.inference_mode():
        for start in range(0, len(features), _BATCH_SIZE):
            rows = slice(start, start + _BATCH_SIZE)
            batch = torch.from_numpy(np.array(features[rows])).to(device)
            passed[rows] = adapter(batch).cpu().numpy()
    return passed
