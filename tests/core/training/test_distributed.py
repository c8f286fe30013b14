from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import ConfigError
from core.specs import TuneSpec
from core.training.distributed import ALONE, World, joined
from tests.fixtures.training import source_train, tiny_stage, tiny_tuning
from tests.fixtures.two_processes import STEPS, measure, measure_together

Found = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Found:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    found = measure(ALONE, tmp_path_factory.mktemp("alone"))
    torch.set_num_threads(before)
    return found


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Found:
    return measure_together(tmp_path_factory.mktemp("together"))


@pytest.mark.parametrize(("backbone", "loss"), STEPS)
def test_two_processes_have_the_loss_and_gradient_of_one_on_the_joined_batch(
    alone: Found, together: Found, backbone: str, loss: str
) -> None:
    for what in ("loss", "gradient"):
        name = f"{backbone} {loss} {what}"
        scale = float(alone[name].abs().max())
        assert scale > 1e-4
        assert float((together[name] - alone[name]).abs().max()) < min(1e-5, 1e-4 * scale)


@pytest.mark.parametrize("backbone", ["test_vit", "test_resnet"])
def test_two_processes_extract_the_same_features_to_the_bit(
    alone: Found, together: Found, backbone: str
) -> None:
    assert torch.equal(together[f"{backbone} features"], alone[f"{backbone} features"])


def test_the_shares_of_a_batch_are_the_batch() -> None:
    batch = np.arange(11)
    shares = [World(rank, 3).share(batch) for rank in range(3)]
    assert sorted(np.concatenate(shares).tolist()) == batch.tolist()
    assert [len(share) for share in shares] == [4, 4, 3]


def test_without_torchrun_a_run_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with joined() as world:
        assert world == ALONE
        assert world.is_main
        assert world.told("word") == "word"


@pytest.mark.parametrize(("num_images", "accumulate"), [(3, 1), (12, 4)])
def test_a_batch_that_leaves_a_process_idle_is_refused_before_any_step(
    tmp_path: Path, num_images: int, accumulate: int
) -> None:
    spec = TuneSpec(batch_norm="eval", batch_size=num_images, accumulate=accumulate)
    stage = tiny_stage("test_vit", "focal", spec, source_train(12))
    run = tiny_tuning(stage, tmp_path)
    run.world = World(0, 4)
    with pytest.raises(ConfigError, match=f"A batch of {num_images} images is too small for 4 pro"):
        run.run()


def test_more_processes_than_gpus_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(ConfigError, match="--nproc-per-node 1"), joined():
        pass
