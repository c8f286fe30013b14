from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.records import ForwardRecord
from core.specs import RunSpec
from core.store import DataStore
from core.training import precision, represent
from core.training.features import FrozenBackbone, as_recorded, feature_key, frozen_backbone
from core.training.represent import chosen_forward
from tests.fixtures.phantom_hospitals import SOURCE
from tests.fixtures.training import IMAGE, add_source, add_tiny_backbones, tiny_model

AUTO = RunSpec(source=SOURCE, backbone="test_vit", weights="random", image=IMAGE, precision="auto")


@pytest.fixture
def backbone(monkeypatch: pytest.MonkeyPatch) -> FrozenBackbone:
    add_tiny_backbones(monkeypatch)
    return frozen_backbone(AUTO)


@pytest.fixture
def data(tmp_path: Path) -> DataStore:
    store = DataStore(tmp_path)
    add_source(store)
    return store


def test_every_precision_comes_in_every_layout() -> None:
    assert len({(choice.precision, choice.layout) for choice in precision.CHOICES}) == 4


def noise(num_images: int = 4) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (num_images, 32, 32), np.uint8)


def test_the_fastest_choice_is_taken_with_its_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    rates = iter([10.0, 40.04, 20.0, 30.0])

    def rate(*given: object) -> float:
        return next(rates)

    monkeypatch.setattr(precision, "images_per_second", rate)
    best = precision.fastest_forward(tiny_model("test_vit"), noise())
    assert best == precision.CHOICES[1].model_copy(
        update={"images_per_second": 40.0, "cosine": 1.0}
    )


def test_a_precision_that_changes_the_features_is_not_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def rate(model: object, size: int, choice: ForwardRecord) -> float:
        return {"bf16": 99.0, "fp32": 1.0}[choice.precision]

    monkeypatch.setattr(precision, "images_per_second", rate)
    model = tiny_model("test_vit")
    assert precision.fastest_forward(model, noise()).precision == "bf16"
    monkeypatch.setattr(precision, "MIN_COSINE", 0.9999999)
    kept = precision.fastest_forward(model, noise())
    assert kept.precision == "fp32"
    assert kept.cosine == 1


def test_a_measurement_leaves_the_model_as_it_was() -> None:
    model = tiny_model("test_resnet")
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    for choice in precision.CHOICES:
        assert precision.images_per_second(model, 32, choice, seconds=0) > 0
    after = model.state_dict()
    assert all(torch.equal(after[name], before[name]) for name in before)
    assert {tensor.dtype for tensor in model.backbone.parameters()} == {torch.float32}


def test_features_are_computed_as_recorded() -> None:
    model = as_recorded(tiny_model("test_resnet"), ForwardRecord(precision="bf16"))
    assert {each.dtype for each in model.backbone.parameters()} == {torch.bfloat16}
    kernel = model.backbone.get_submodule("layer4.0.conv1").get_parameter("weight")
    assert kernel.is_contiguous(memory_format=torch.channels_last)


def test_auto_takes_what_is_stored_before_it_measures(
    backbone: FrozenBackbone, data: DataStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = data.dataset(SOURCE)
    measured = ForwardRecord(precision="fp32", images_per_second=7)

    def measure(*given: object) -> ForwardRecord:
        return measured

    monkeypatch.setattr(represent, "fastest_forward", measure)
    assert chosen_forward(AUTO, backbone, source, data) == measured
    stored = precision.CHOICES[2]
    key = feature_key(AUTO, backbone.weights.sha256, stored, source)
    data.write_features(source, key, torch.zeros(source.manifest.height, 2).numpy())
    assert chosen_forward(AUTO, backbone, source, data) == stored


def test_features_of_another_precision_or_layout_have_another_key(
    backbone: FrozenBackbone, data: DataStore
) -> None:
    source = data.dataset(SOURCE)
    keys = {feature_key(AUTO, "hash", choice, source) for choice in precision.CHOICES}
    keys |= {feature_key(AUTO, "other", precision.CHOICES[0], source)}
    assert len(keys) == 5
