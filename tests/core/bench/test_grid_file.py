"""Grids in TOML: what is read, and what is said of mistakes."""

from pathlib import Path

import pytest

from core.bench.grid import ArmSpec, cells
from core.bench.grid_file import read_grid, read_table
from core.errors import DataError
from core.launch.spec import ClusterSpec

GRID = """
backbones = ["resnet50", "efficientnet_lite0"]
seeds = 5
resample_train = 2
image = {size = 96}

[weights_of]
efficientnet_lite0 = "offline"

[[arms]]
loss = "bce"

[[arms]]
loss = "supcon"
[arms.tuning]
epochs = 3

[slurm]
partition = "gpu"
gpus = 1
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "grid.toml"


def test_a_grid_is_read_with_what_it_leaves_out_by_default(path: Path) -> None:
    path.write_text(GRID)
    grid = read_grid(path)
    assert (grid.seeds, grid.resample_train, grid.image.size) == (5, 2, 96)
    assert grid.arms[0] == ArmSpec(loss="bce")
    tuned = next(spec for spec in cells(grid, "mimic") if spec.tuning)
    assert tuned.tuning
    assert (tuned.tuning.epochs, tuned.tuning.learning_rate) == (3, 1e-4)


def test_the_cluster_stands_in_a_table_of_its_own(path: Path) -> None:
    path.write_text(GRID)
    assert read_table(ClusterSpec, path, "slurm") == ClusterSpec(partition="gpu", gpus=1)
    path.write_text("")
    assert read_table(ClusterSpec, path, "slurm") == ClusterSpec()


WRONG = {
    'backbones = ["resnet50"]\nseedz = 3': "Unknown key 'seedz'.*Did you mean 'seeds'",
    "epochs = 0": "epochs: Input should be greater than or equal to 1, not 0.",
    "[image]\nsiz = 3": "image: Unknown key 'siz'.*Did you mean 'size'",
    '[[arms]]\nlos = "bce"': r"arms\[0\]: Unknown key 'los'.*Did you mean 'loss'",
    '[[arms]]\ntune = "all"': r"arms\[0\]\.tune: Input should be 'none', 'last' or 'full', not",
    "[[arms]]\n[arms.tuning]\nepoch = 2": r"arms\[0\]\.tuning: Unknown key 'epoch'.*'epochs'",
    "[[arms]]\n[arms.tuning]\nwarmup_epochs = 99": r"arms\[0\]\.tuning: warmup_epochs is 99 of 10",
    "seeds = 2": "arms: Field required.",
    "seeds = ": "cannot be read as TOML",
    f"seeds = {'[' * 20_000}{']' * 20_000}": r"cannot be read as TOML \(maximum recursion depth",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_key_or_value_is_told_with_its_place(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(DataError, match=WRONG[text]):
        read_grid(path)


def test_all_that_is_wrong_is_told_at_once_and_a_list_is_not_blamed_for_its_items(
    path: Path,
) -> None:
    path.write_text('backbones = []\nseeds = 0\n[[arms]]\nlos = "bce"')
    with pytest.raises(DataError) as caught:
        read_grid(path)
    assert len(caught.value.problems) == 3
    assert all(problem.startswith(f"{path}: ") for problem in caught.value.problems)


def test_a_missing_file_is_one_sentence(path: Path) -> None:
    with pytest.raises(DataError, match=r"grid.toml: cannot be read as TOML \(.*No such file"):
        read_grid(path)
