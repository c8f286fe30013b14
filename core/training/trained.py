"""What a trained run kept: its head, its weights, and the classifier that they make."""

import torch
from safetensors import SafetensorError
from safetensors.numpy import load_file
from torch import nn

from core.errors import DataError
from core.findings import Finding
from core.models.classifier import Classifier
from core.records import RunRecord, WeightsRecord
from core.store.parquet import file_hash
from core.store.results import ResultStore
from core.training.features import frozen_backbone
from core.training.head import Head


def trained_weights(record: RunRecord) -> WeightsRecord:
    """The backbone's weights of a run that is done."""
    assert record.weights is not None
    return record.weights


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


def trained_classifier(results: ResultStore, record: RunRecord) -> Classifier:
    """A run's backbone and head as one model, in eval mode on the best device.

    Raises:
        DataError: If the head is missing or damaged.
        WeightsError: If the backbone's weights are not those the run was trained with.
    """
    head = read_head(results, record)
    model = frozen_backbone(record.spec, expected=trained_weights(record)).model
    linear = nn.Linear(head.weight.shape[1], head.weight.shape[0])
    linear.load_state_dict(
        {"weight": torch.from_numpy(head.weight), "bias": torch.from_numpy(head.bias)}
    )
    model.head = linear.to(model.mean.device)
    return model.eval().requires_grad_(requires_grad=False)
