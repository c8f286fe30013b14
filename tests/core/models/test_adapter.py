import torch
from torch import nn

from core.models.adapter import Adapter, Projection
from core.models.classifier import Classifier, num_features
from tests.fixtures.training import tiny_model


def test_an_adapter_begins_as_the_identity_and_learns_from_the_first_step() -> None:
    adapter, features = Adapter(6), torch.randn(5, 6)
    assert torch.equal(adapter(features), features)
    adapter(features).square().sum().backward()
    gradient = adapter.outer.weight.grad
    assert gradient is not None
    assert gradient.abs().max() > 0


def test_a_projection_has_rows_of_length_1() -> None:
    embeddings = Projection(6, 4)(100 * torch.randn(5, 6))
    torch.testing.assert_close(embeddings.norm(dim=1), torch.ones(5))
    assert embeddings.shape == (5, 4)


def test_a_classifier_sends_features_through_its_adapter() -> None:
    plain = tiny_model("test_vit")
    adapter = Adapter(num_features(plain.backbone))
    nn.init.normal_(adapter.outer.weight)
    adapted = Classifier(plain.backbone, plain.head, adapter).eval()
    pixels = torch.randint(0, 256, (3, 32, 32), dtype=torch.uint8)
    with torch.inference_mode():
        expected = plain.head(adapter(plain.features(pixels)))
        torch.testing.assert_close(adapted(pixels), expected)
        assert not torch.allclose(adapted(pixels), plain(pixels))
