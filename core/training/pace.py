"""How fast this machine forwards a backbone: timed once on noise, and kept for the user."""

import json
import os
import platform
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from core.errors import DataError
from core.lookup import lookup
from core.models.backbones import BACKBONES
from core.models.classifier import Classifier
from core.models.weights import load_backbone
from core.records import ForwardRecord
from core.specs import RunSpec
from core.store.atomic import write_text
from core.training.device import best_device, device_name, reproducible
from core.training.precision import images_per_second

_PACES = TypeAdapter(dict[str, float])


def forward_seconds(spec: RunSpec) -> float:
    """Seconds an image through a run's backbone on this machine, with random weights.

    The weights' values do not matter for it, so none are fetched. `--precision auto` is timed as
    fp32, which it is never slower than.

    Raises:
        ConfigError: If the backbone is unknown.
        DataError: If the file of earlier measurements is damaged.
    """
    path, key = _path(), _key(spec)
    known = _read(path)
    if key not in known:
        known[key] = _measured(spec)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(known, indent=2, sort_keys=True))
    return known[key]


def _path() -> Path:
    """In the user's cache: other machines may share the stores."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "cxr-bench" / "forward_seconds.json"


def _key(spec: RunSpec) -> str:
    machine = f"{platform.node()}, {device_name(best_device())}"
    forward = f"{_precision(spec).precision}, {spec.num_threads} threads"
    return f"{machine}: {spec.backbone}, {spec.image.size} px, {forward}"


def _precision(spec: RunSpec) -> ForwardRecord:
    return ForwardRecord(precision="bf16" if spec.precision == "bf16" else "fp32")


def _read(path: Path) -> dict[str, float]:
    try:
        return _PACES.validate_json(path.read_bytes()) if path.exists() else {}
    except ValidationError as error:
        raise DataError(f"{path}: cannot be read; remove it, and it is measured anew.") from error


def _measured(spec: RunSpec) -> float:
    row = lookup(BACKBONES, spec.backbone, "backbone")
    backbone, _ = load_backbone(row, "random", spec.image.size, seed=0)
    model = Classifier(backbone).to(best_device()).eval()
    with reproducible(spec.num_threads):
        return 1 / images_per_second(model, spec.image.size, _precision(spec))
