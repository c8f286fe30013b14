from pathlib import Path

import pytest
import torch
from torch import nn

from core.errors import ConfigError, DataError
from core.training.checkpoint import Checkpoint, Place


def trained() -> tuple[nn.Module, torch.optim.Optimizer]:
    """A layer and its optimizer after two steps."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    optimizer = torch.optim.AdamW(module.parameters(), lr=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        module(torch.randn(5, 3)).square().sum().backward()
        optimizer.step()
    return module, optimizer


def fresh() -> tuple[nn.Module, torch.optim.Optimizer]:
    module = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    return module, torch.optim.AdamW(module.parameters(), lr=0.1)


def test_what_was_saved_is_loaded_to_the_bit(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "c.safetensors", "these data")
    module, optimizer = trained()
    rows: list[dict[str, object]] = [{"epoch": 1, "train_loss": 1 / 3, "val_map": None}]
    checkpoint.save(module, optimizer, Place(2, 7, torch.tensor(0.1), rows))
    other, its_optimizer = fresh()
    place = checkpoint.load(other, its_optimizer)
    assert (place.epoch, place.step, place.rows) == (2, 7, rows)
    assert torch.equal(place.loss, torch.tensor(0.1))
    ours, theirs = other.state_dict(), module.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    states = its_optimizer.state_dict()["state"], optimizer.state_dict()["state"]
    for number, state in states[1].items():
        assert all(torch.equal(states[0][number][name], state[name]) for name in state)


def test_without_a_file_a_stage_begins_at_the_beginning(tmp_path: Path) -> None:
    place = Checkpoint(tmp_path / "none", "these data").load(*fresh())
    assert (place.epoch, place.step, place.rows) == (0, 0, [])


def test_a_file_of_other_data_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.safetensors"
    Checkpoint(path, "these data").save(*trained(), Place())
    with pytest.raises(ConfigError, match="earlier index or other weights; remove it"):
        Checkpoint(path, "other data").load(*fresh())


@pytest.mark.parametrize("length", [0, 20, 400])
def test_a_damaged_file_is_one_sentence(tmp_path: Path, length: int) -> None:
    checkpoint = Checkpoint(tmp_path / "c.safetensors", "these data")
    checkpoint.save(*trained(), Place())
    checkpoint.path.write_bytes(checkpoint.path.read_bytes()[:length])
    with pytest.raises(DataError, match="cannot be read; remove it and run again"):
        checkpoint.load(*fresh())


def test_a_removed_checkpoint_is_gone_and_may_be_removed_again(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "c.safetensors", "these data")
    checkpoint.save(*trained(), Place())
    checkpoint.remove()
    checkpoint.remove()
    assert not checkpoint.path.exists()
