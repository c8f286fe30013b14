"""The contract of every row of BACKBONES."""

import pytest
import torch

from core.models.backbones import BACKBONES, target_module
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
