from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from core.errors import ConfigError
from core.models.backbones import last_modules
from core.models.classifier import num_features
from core.specs import TuneSpec
from core.training.distributed import ALONE, World
from core.training.trainee import Trainee, shared_statistics
from tests.fixtures.training import TINY, source_train, tiny_model, tiny_stage, tiny_tuning

CPU = torch.device("cpu")


def changed_by_two_steps(folder: Path, backbone: str, tune: str, batch_norm: str) -> set[str]:
    """Names of the encoder's tensors that changed; timm starts blocks at 0, hence two."""
    spec = TuneSpec.model_validate({"batch_norm": batch_norm})
    tuning = tiny_tuning(tiny_stage(backbone, "bce", spec, source_train(), tune), folder)
    encoder = tuning.stage.trainee.encoder
    before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    tuning.stage.trainee.learn()
    for _ in range(2):
        tuning.step(np.arange(8), epoch=0, rate=0.01)
    after = encoder.state_dict()
    return {name for name in before if not torch.equal(before[name], after[name])}


def is_statistic(name: str) -> bool:
    return "running" in name or "tracked" in name


@pytest.mark.parametrize("backbone", TINY)
def test_full_tuning_changes_all_of_the_backbone(tmp_path: Path, backbone: str) -> None:
    changed = changed_by_two_steps(tmp_path, backbone, "full", "train")
    assert changed == set(tiny_model(backbone).backbone.state_dict())


@pytest.mark.parametrize("backbone", TINY)
def test_tuning_the_last_block_leaves_the_rest_and_its_statistics(
    tmp_path: Path, backbone: str
) -> None:
    changed = changed_by_two_steps(tmp_path, backbone, "last", "train")
    assert changed
    assert all(name.startswith(TINY[backbone].last_block) for name in changed)


def test_batch_norm_that_evaluates_keeps_its_statistics_and_learns_its_scale(
    tmp_path: Path,
) -> None:
    changed = changed_by_two_steps(tmp_path, "test_resnet", "full", "eval")
    assert not [name for name in changed if is_statistic(name)]
    assert "bn1.weight" in changed


def test_mixed_precision_gives_float32_logits_close_to_full_ones() -> None:
    images = torch.randn(2, 3, 32, 32)
    logits: list[torch.Tensor] = []
    for precision in ("fp32", "bf16"):
        model = tiny_model("test_vit")
        torch.manual_seed(0)
        top = nn.Linear(num_features(model.backbone), 14)
        spec = TuneSpec.model_validate({"precision": precision})
        logits.append(Trainee(model.backbone, (model.backbone,), top, spec).eval()(images))
    assert logits[1].dtype == torch.float32
    assert not torch.equal(logits[0], logits[1])
    torch.testing.assert_close(logits[0], logits[1], rtol=0.05, atol=0.05)


def test_batch_norm_over_several_cpu_processes_is_refused() -> None:
    resnet, vit = tiny_model("test_resnet").backbone, tiny_model("test_vit").backbone
    two, spec = World(0, 2), TuneSpec()
    with pytest.raises(ConfigError, match="--batch-norm eval"):
        shared_statistics(resnet, spec, two, CPU)
    assert shared_statistics(resnet, spec, ALONE, CPU) is resnet
    assert shared_statistics(resnet, TuneSpec(batch_norm="eval"), two, CPU) is resnet
    assert shared_statistics(vit, spec, two, CPU) is vit


def test_over_several_gpus_every_batch_norm_sees_the_whole_batch() -> None:
    model = tiny_model("test_resnet")
    names = set(model.backbone.state_dict())
    shared = shared_statistics(model.backbone, TuneSpec(), World(0, 2), torch.device("cuda"))
    assert not [each for each in shared.modules() if type(each) is nn.BatchNorm2d]
    assert [each for each in shared.modules() if isinstance(each, nn.SyncBatchNorm)]
    assert set(shared.state_dict()) == names
    assert last_modules(shared, TINY["test_resnet"])
