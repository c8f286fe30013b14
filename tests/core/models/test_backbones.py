"""The contract of every row of BACKBONES."""

import pytest
import torch

from core.models.backbones import BACKBONES, last_modules, target_module
from core.models.classifier import Classifier, num_features
from core.models.weights import load_backbone

SIZE = 64


@pytest.mark.parametrize("name", BACKBONES)
def test_a_backbone_gives_features_logits_and_a_target_layer(name: str) -> None:
    spec = BACKBONES[name]
    backbone, _ = load_backbone(spec, "random", SIZE, seed=0)
    model = Classifier(backbone).eval()
    pixels = torch.randint(0, 255, (2, SIZE, SIZE), dtype=torch.uint8)
    with torch.inference_mode():
        features, logits = model.features(pixels), model(pixels)
    assert features.shape == (2, num_features(backbone))
    assert logits.shape == (2, 14)
    assert torch.isfinite(logits).all()
    assert target_module(backbone, spec) in set(backbone.modules())


def test_grey_images_are_normalised_as_the_weights_expect() -> None:
    model = Classifier(load_backbone(BACKBONES["resnet50"], "random", SIZE, seed=0)[0])
    white = model.normalised(torch.full((1, 8, 8), 255, dtype=torch.uint8))
    means_and_stds = ((0.485, 0.229), (0.456, 0.224), (0.406, 0.225))
    expected = [(1 - mean) / std for mean, std in means_and_stds]
    assert white[0, :, 0, 0].tolist() == pytest.approx(expected)


@pytest.mark.parametrize("name", BACKBONES)
def test_the_last_block_is_a_small_part_that_reaches_the_features(name: str) -> None:
    spec = BACKBONES[name]
    backbone, _ = load_backbone(spec, "random", SIZE, seed=0)
    for module in last_modules(backbone, spec):
        module.requires_grad_()
    features = Classifier(backbone).features(torch.zeros(2, SIZE, SIZE, dtype=torch.uint8))
    learning = [each for each in backbone.parameters() if each.requires_grad]
    grads = torch.autograd.grad(features.square().sum(), learning, allow_unused=True)
    assert all(gradient is not None for gradient in grads)
    share = sum(each.numel() for each in learning) / sum(
        each.numel() for each in backbone.parameters()
    )
    assert 0.05 < share < 0.35
