"""The contract that every row of the table of methods keeps."""

from functools import partial

import pytest
import timm
import torch
from torch import Tensor, nn

from core.errors import ConfigError
from core.models.adapter import Adapter
from core.models.backbones import BACKBONES, target_module
from core.models.classifier import Classifier, num_features
from core.models.weights import load_backbone
from core.saliency.gradcam import gradcam, has_closed_form
from core.saliency.methods import SALIENCY
from core.tables import DEFAULT_METHOD
from tests.fixtures.classifiers import frozen

COLUMNS = (13, 0, 4)

Subject = tuple[Classifier, nn.Module, Tensor]


def tiny(name: str, layer: str, size: int) -> Subject:
    """One of timm's architectures for tests, with random weights."""
    torch.manual_seed(0)
    backbone = timm.create_model(name, num_classes=0)
    model = frozen(Classifier(backbone))
    return model, backbone.get_submodule(layer), random_pixels(size)


def random_pixels(size: int, num_images: int = 3) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 255, (num_images, size, size), generator=generator, dtype=torch.uint8)


def subject(needs_attention: bool) -> Subject:
    if needs_attention:
        return tiny("test_vit", "blocks.5.norm1", 160)
    return tiny("test_resnet", "layer4", 64)


@pytest.mark.parametrize("name", SALIENCY)
def test_a_method_gives_a_map_for_each_image_and_finding(name: str) -> None:
    spec = SALIENCY[name]
    model, layer, pixels = subject(spec.needs_attention)

    explained = spec.explain(model, layer, pixels, COLUMNS)

    assert explained.maps.shape[:2] == (3, 3)
    assert explained.maps.shape[2] == explained.maps.shape[3]
    assert explained.maps.dtype == torch.float32
    assert explained.maps.isfinite().all()
    assert not explained.maps.requires_grad
    assert explained.maps.flatten(2).std(2).min() > 0
    with torch.inference_mode():
        torch.testing.assert_close(explained.logits, model(pixels)[:, list(COLUMNS)])


@pytest.mark.parametrize("name", SALIENCY)
def test_a_method_explains_each_image_as_if_it_were_alone(name: str) -> None:
    spec = SALIENCY[name]
    model, layer, pixels = subject(spec.needs_attention)

    together = spec.explain(model, layer, pixels, COLUMNS).maps
    alone = torch.cat([spec.explain(model, layer, each, COLUMNS).maps for each in pixels.split(1)])

    torch.testing.assert_close(together, alone, rtol=1e-3, atol=float(1e-4 * together.abs().max()))


@pytest.mark.parametrize("name", SALIENCY)
def test_a_method_leaves_no_hook_and_no_setting_behind(name: str) -> None:
    spec = SALIENCY[name]
    model, layer, pixels = subject(spec.needs_attention)
    before = [vars(module).get("fused_attn") for module in model.modules()]

    spec.explain(model, layer, pixels, COLUMNS)

    assert not any(vars(module)["_forward_hooks"] for module in model.modules())
    assert [vars(module).get("fused_attn") for module in model.modules()] == before
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("name", SALIENCY)
def test_findings_share_a_map_only_where_the_method_knows_no_finding(name: str) -> None:
    spec = SALIENCY[name]
    model, layer, pixels = subject(spec.needs_attention)

    maps = spec.explain(model, layer, pixels, COLUMNS).maps

    assert torch.equal(maps[:, 0], maps[:, 1]) is not spec.per_finding
    assert bool((maps < 0).any()) <= spec.signed


def test_the_default_method_is_a_row() -> None:
    assert DEFAULT_METHOD in SALIENCY


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_the_closed_form_is_recognised_at_either_precision(precision: torch.dtype) -> None:
    model, layer, pixels = tiny("test_resnet", "layer4", 64)
    model.backbone.to(precision)

    assert has_closed_form(model, layer, pixels)


def test_another_layer_is_not_explained_in_closed_form() -> None:
    model, _, pixels = tiny("test_resnet", "layer4", 64)

    assert not has_closed_form(model, model.backbone.get_submodule("layer3"), pixels)


@pytest.mark.parametrize("name", ["gradcam", "gradcam_library"])
def test_an_adapter_is_differentiated_through(name: str) -> None:
    model, layer, pixels = tiny("test_resnet", "layer4", 64)
    adapter = Adapter(num_features(model.backbone))
    nn.init.normal_(adapter.outer.weight, std=0.5)
    adapted = frozen(Classifier(model.backbone, model.head, adapter))

    maps = SALIENCY[name].explain(adapted, layer, pixels, COLUMNS).maps
    plain = SALIENCY[name].explain(model, layer, pixels, COLUMNS).maps
    other = "gradcam_library" if name == "gradcam" else "gradcam"

    assert not has_closed_form(adapted, layer, pixels)
    assert (maps - plain).abs().max() > 0.05 * plain.abs().max()
    torch.testing.assert_close(
        maps, SALIENCY[other].explain(adapted, layer, pixels, COLUMNS).maps, rtol=1e-3, atol=1e-6
    )


@pytest.mark.parametrize("name", BACKBONES)
def test_the_engine_equals_pytorch_grad_cam_for_every_backbone(name: str) -> None:
    spec = BACKBONES[name]
    size = 96
    backbone, _ = load_backbone(spec, "random", size, seed=0)
    model, layer = frozen(Classifier(backbone)), target_module(backbone, spec)
    pixels = random_pixels(size, 1)

    assert has_closed_form(model, layer, pixels) is not spec.sized
    ours = gradcam(model, layer, pixels, COLUMNS).maps
    theirs = SALIENCY["gradcam_library"].explain(model, layer, pixels, COLUMNS).maps

    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=float(1e-4 * theirs.abs().max()))


def keep(kept: list[Tensor], module: nn.Module, inputs: object, output: Tensor) -> None:
    kept.append(output)


def test_rollout_equals_the_product_written_out() -> None:
    model, layer, pixels = subject(needs_attention=True)
    flow = torch.eye(101)
    weights: list[Tensor] = []
    for block in model.backbone.get_submodule("blocks").children():
        block.get_submodule("attn").fused_attn = False  # pyright: ignore[reportArgumentType]
        block.get_submodule("attn.attn_drop").register_forward_hook(partial(keep, weights))
    with torch.inference_mode():
        model(pixels)
    for block in weights:
        mixed = block[1].mean(0) + torch.eye(101)
        flow = (mixed / mixed.sum(1, keepdim=True)) @ flow
    expected = flow[0, 1:].reshape(10, 10)

    torch.testing.assert_close(
        SALIENCY["rollout"].explain(model, layer, pixels, COLUMNS).maps[1, 2], expected
    )


def test_rollout_of_a_convolutional_network_is_refused() -> None:
    model, layer, pixels = subject(needs_attention=False)

    with pytest.raises(ConfigError, match="Attention rollout needs a vision transformer; ResNet"):
        SALIENCY["rollout"].explain(model, layer, pixels, COLUMNS)
