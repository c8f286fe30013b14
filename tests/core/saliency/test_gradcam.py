"""Our maps against pytorch-grad-cam's, for a CNN and a transformer."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import timm
import torch
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import Tensor, nn

from core.models.backbones import BACKBONES, target_module
from core.models.classifier import Classifier
from core.models.weights import load_backbone
from core.saliency.gradcam import gradcam

FINDINGS = (0, 4, 5, 13)


def cnn() -> tuple[Classifier, nn.Module, None]:
    spec = BACKBONES["efficientnet_lite0"]
    backbone, _ = load_backbone(spec, "offline", 96, seed=0)
    return Classifier(backbone), target_module(backbone, spec), None


def transformer() -> tuple[Classifier, nn.Module, Callable[[Tensor], Tensor]]:
    backbone = timm.create_model("test_vit", num_classes=0)
    side = 160 // 16

    def to_grid(tokens: Tensor) -> Tensor:
        return tokens[:, 1:].unflatten(1, (side, side)).movedim(-1, 1)

    return Classifier(backbone), backbone.get_submodule("blocks")[-1].norm1, to_grid  # pyright: ignore


CASES = {"cnn": (cnn, 96), "transformer": (transformer, 160)}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[Classifier, nn.Module, object, Tensor]:
    torch.manual_seed(0)
    build, size = CASES[request.param]
    model, layer, to_grid = build()
    model.eval().requires_grad_(requires_grad=False)
    pixels = torch.randint(0, 255, (3, size, size), dtype=torch.uint8)
    return model, layer, to_grid, pixels


class Normalised(nn.Module):
    """The model from normalised images on, which pytorch-grad-cam can differentiate."""

    def __init__(self, model: Classifier) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        return self.model.head(self.model.backbone(images))


def signed_map(cam: GradCAM, images: Tensor, finding: int) -> np.ndarray:
    """pytorch-grad-cam's own map, before its ReLU, upsampling and normalisation."""
    targets: list[Any] = [ClassifierOutputTarget(finding)] * len(images)
    cam(images, targets)
    activations = cam.activations_and_grads.activations[0].numpy()
    gradients = cam.activations_and_grads.gradients[0].numpy()
    return cam.get_cam_image(images, cam.target_layers[0], targets, activations, gradients)


def test_maps_equal_those_of_pytorch_grad_cam(
    case: tuple[Classifier, nn.Module, Callable[[Tensor], Tensor] | None, Tensor],
) -> None:
    model, layer, to_grid, pixels = case
    ours = gradcam(model, layer, pixels, FINDINGS).maps.numpy()
    images = model.normalised(pixels).requires_grad_()
    with GradCAM(Normalised(model), [layer], reshape_transform=to_grid) as reference:
        for k, finding in enumerate(FINDINGS):
            theirs = signed_map(reference, images, finding)
            assert np.corrcoef(ours[:, k].ravel(), theirs.ravel())[0, 1] > 0.9999
            assert np.abs(ours[:, k] - theirs).max() < 1e-4 * np.abs(theirs).max()


def test_all_findings_at_once_equal_one_after_the_other(
    case: tuple[Classifier, nn.Module, object, Tensor],
) -> None:
    model, layer, _, pixels = case
    together = gradcam(model, layer, pixels, range(14)).maps
    alone = [gradcam(model, layer, pixels, [finding]).maps[:, 0] for finding in range(14)]
    torch.testing.assert_close(together, torch.stack(alone, 1), rtol=1e-4, atol=1e-9)


def test_each_image_is_explained_as_if_it_were_alone(
    case: tuple[Classifier, nn.Module, object, Tensor],
) -> None:
    model, layer, _, pixels = case
    together = gradcam(model, layer, pixels, FINDINGS)
    for k in range(len(pixels)):
        alone = gradcam(model, layer, pixels[k : k + 1], FINDINGS)
        scale = float(alone.maps.abs().max())
        torch.testing.assert_close(together.maps[k], alone.maps[0], rtol=1e-3, atol=1e-4 * scale)
        torch.testing.assert_close(together.logits[k], alone.logits[0], rtol=1e-4, atol=1e-4)


def test_the_logits_are_the_model_s_and_no_hook_is_left(
    case: tuple[Classifier, nn.Module, object, Tensor],
) -> None:
    model, layer, _, pixels = case
    explained = gradcam(model, layer, pixels, FINDINGS)
    with torch.inference_mode():
        expected = model(pixels)[:, list(FINDINGS)]
    torch.testing.assert_close(explained.logits, expected, rtol=1e-5, atol=1e-5)
    assert not vars(layer)["_forward_hooks"]


def test_a_map_of_a_linear_head_on_mean_pooling_is_the_closed_form() -> None:
    """With features = mean of A, the map is Σ_c w_kc A_c / (H·W)."""
    model, layer, _ = cnn()
    model.eval().requires_grad_(requires_grad=False)
    pixels = torch.randint(0, 255, (2, 96, 96), dtype=torch.uint8)
    kept: list[Tensor] = []

    def keep(module: nn.Module, inputs: object, output: Tensor) -> None:
        kept.append(output)

    handle = layer.register_forward_hook(keep)
    with torch.inference_mode():
        model(pixels)
    handle.remove()
    closed = torch.einsum("kc,bchw->bkhw", model.head.weight, kept[0]) / kept[0][0, 0].numel()
    torch.testing.assert_close(gradcam(model, layer, pixels, range(14)).maps, closed)
