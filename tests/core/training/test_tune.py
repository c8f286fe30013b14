from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import CxrError, Interrupted
from core.losses.registry import LOSSES
from core.roles import NOT_SCORED
from core.specs import TuneSpec
from core.training import tune as module
from core.training.interrupt import Stop
from core.training.tune import Tuning, learning_rate
from tests.fixtures.training import source_train, tiny_stage, tiny_tuning

SPEC = TuneSpec(epochs=3, batch_size=5)
CASES = [("test_resnet", "bce"), ("test_vit", "supcon"), ("test_resnet", "supcon")]


def tuning(folder: Path, backbone: str, loss: str, spec: TuneSpec = SPEC) -> Tuning:
    return tiny_tuning(tiny_stage(backbone, loss, spec, source_train()), folder)


def tensors(run: Tuning) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in run.stage.trainee.state_dict().items()}


def without_timings(run: Tuning) -> list[dict[str, object]]:
    timings = ("images_per_second", "memory_mib")
    return [{key: row[key] for key in row if key not in timings} for row in run.place.rows]


def test_the_rate_rises_to_its_peak_and_falls_to_0_as_a_cosine() -> None:
    rates = [learning_rate(step, 30, 10, 0.5) for step in range(30)]
    assert rates[:10] == pytest.approx(np.linspace(0.05, 0.5, 10))
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(
        torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5), T_max=20
    )
    expected: list[float] = []
    for _ in range(20):
        expected.append(float(cosine.get_last_lr()[0]))
        cosine.optimizer.step()
        cosine.step()
    assert rates[10:] == pytest.approx(expected)


def test_labels_are_learnt(tmp_path: Path) -> None:
    spec = TuneSpec(epochs=30, batch_size=6, learning_rate=1e-2)
    run = tuning(tmp_path, "test_resnet", "bce", spec)
    run.run()
    losses = [row["train_loss"] for row in run.place.rows]
    assert isinstance(losses[0], float)
    assert isinstance(losses[-1], float)
    knowing_nothing = float(np.log(2))
    assert losses[-1] < 0.9 * knowing_nothing


def test_views_of_an_image_come_together(tmp_path: Path) -> None:
    run = tuning(tmp_path, "test_vit", "supcon", TuneSpec(epochs=12, batch_size=12))
    run.run()
    losses = [row["train_loss"] for row in run.place.rows]
    assert isinstance(losses[0], float)
    assert isinstance(losses[-1], float)
    assert losses[-1] < losses[0] - 0.1


@pytest.mark.parametrize(("backbone", "loss"), CASES)
@pytest.mark.parametrize("last_step", [1, 6])
def test_a_stage_that_was_stopped_goes_on_to_the_same_bits(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    backbone: str,
    loss: str,
    last_step: int,
) -> None:
    undisturbed = tuning(tmp_path / "a", backbone, loss)
    undisturbed.run()
    stop = Stop()
    with monkeypatch.context() as patch:
        patch.setattr(module, "stoppable", lambda: _always(stop))

        def count(stage: str, done: int, total: int) -> None:
            stop.requested = done == last_step

        with pytest.raises(Interrupted, match=f"step {last_step} of 9 .* after a checkpoint"):
            tuning(tmp_path / "b", backbone, loss).run(progress=count)
    resumed = tuning(tmp_path / "b", backbone, loss)
    steps: list[int] = []
    resumed.run(progress=lambda stage, done, total: steps.append(done))
    assert steps == list(range(last_step + 1, 10))
    ours, theirs = tensors(resumed), tensors(undisturbed)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert without_timings(resumed) == without_timings(undisturbed)


class _always:
    """A `stoppable` that the test pulls."""

    def __init__(self, stop: Stop) -> None:
        self.stop = stop

    def __enter__(self) -> Stop:
        return self.stop

    def __exit__(self, *error: object) -> None:
        return None


def test_a_stage_that_is_finished_is_not_trained_again(tmp_path: Path) -> None:
    first = tuning(tmp_path, "test_vit", "bce")
    first.run()
    again = tuning(tmp_path, "test_vit", "bce")
    again.run(progress=_refuse)
    assert all(torch.equal(tensors(first)[name], each) for name, each in tensors(again).items())


def _refuse(stage: str, done: int, total: int) -> None:
    raise AssertionError("trained again")


def gradients(run: Tuning) -> torch.Tensor:
    run.stage.trainee.learn()
    run.gradients(np.arange(10), epoch=0)
    return torch.cat([each.grad.flatten() for each in run.parameters if each.grad is not None])


@pytest.mark.parametrize("loss", [name for name in LOSSES if not LOSSES[name].representation])
def test_a_batch_in_parts_has_the_gradient_of_the_whole(tmp_path: Path, loss: str) -> None:
    whole = gradients(tuning(tmp_path, "test_vit", loss))
    parts = gradients(tuning(tmp_path, "test_vit", loss, SPEC.model_copy(update={"accumulate": 3})))
    torch.testing.assert_close(parts, whole, rtol=1e-4, atol=1e-7)


def test_the_gradient_is_clipped(tmp_path: Path) -> None:
    spec = SPEC.model_copy(update={"clip_norm": 1e-3})
    run = tuning(tmp_path, "test_vit", "bce", spec)
    run.stage.trainee.learn()
    run.step(np.arange(10), epoch=0, rate=0.01)
    squares = [each.grad.square().sum() for each in run.parameters if each.grad is not None]
    assert float(sum(squares)) ** 0.5 == pytest.approx(1e-3, rel=1e-3)


def test_biases_and_norms_do_not_decay(tmp_path: Path) -> None:
    run = tuning(tmp_path, "test_vit", "bce")
    decays = {
        id(each): group["weight_decay"]
        for group in run.optimizer.param_groups
        for each in group["params"]
    }
    for name, each in run.stage.trainee.named_parameters():
        is_matrix = (name.endswith("weight") and "norm" not in name) or each.ndim > 1
        assert decays[id(each)] == (1e-4 if is_matrix else 0), name


def test_a_loss_that_is_no_number_stops_with_a_sentence(tmp_path: Path) -> None:
    spec = TuneSpec(epochs=1, warmup_epochs=0, learning_rate=1e30, batch_size=4)
    with pytest.raises(CxrError, match="tuning stage is nan after epoch 1.*--tune-rate"):
        tuning(tmp_path, "test_vit", "bce", spec).run()


def test_labels_that_are_unknown_everywhere_teach_nothing(tmp_path: Path) -> None:
    train = source_train()
    train.labels[:] = NOT_SCORED
    run = tiny_tuning(tiny_stage("test_vit", "bce", SPEC, train), tmp_path)
    assert not gradients(run).any()
