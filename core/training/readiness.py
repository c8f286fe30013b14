"""What this machine would train with: device, precision, threads and weights."""

import os
from collections.abc import Mapping

import numpy as np
import timm
import torch

from core.models.backbones import BACKBONES
from core.models.classifier import Classifier, num_features
from core.models.weights import at_hand, load_backbone
from core.records import ForwardRecord
from core.specs import RunSpec
from core.training.device import best_device, device_name, forward_batch_size
from core.training.precision import fastest_forward

_MEASURED, _SIZE = "efficientnet_lite0", 96


def device() -> str:
    """Which device is taken, and why."""
    best = best_device()
    name = device_name(best)
    if best.type == "cpu":
        return "cpu: torch finds no accelerator"
    return f"{name} ({best}): the accelerator that torch finds"


def threads() -> dict[str, int | str | None]:
    """The cores that this process may use, and the threads that torch takes."""
    return {
        "cores": os.cpu_count(),
        "usable_cores": len(os.sched_getaffinity(0)),
        "torch_threads": torch.get_num_threads(),
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS"),
    }


def precision() -> ForwardRecord:
    """What `--precision auto` takes for EfficientNet-Lite0 at 96 px with random weights.

    The fastest precision and layout whose features equal those of fp32; measured here and now.
    """
    backbone, _ = load_backbone(BACKBONES[_MEASURED], "random", _SIZE, seed=0)
    place = best_device()
    shape = (forward_batch_size(place), _SIZE, _SIZE)
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    return fastest_forward(Classifier(backbone).to(place).eval(), pixels)


def weights_at_hand() -> Mapping[str, str | None]:
    """Backbone to the weights that it can have without a network; None where to none."""
    return {name: at_hand(spec) for name, spec in BACKBONES.items()}


def num_bytes(spec: RunSpec) -> tuple[int, int]:
    """Bytes of a run's backbone, and of one image's features, both in float32."""
    with torch.device("meta"):
        module = timm.create_model(BACKBONES[spec.backbone].timm_name, num_classes=0)
    num_weights = sum(tensor.numel() for tensor in module.state_dict().values())
    return 4 * num_weights, 4 * num_features(module)
