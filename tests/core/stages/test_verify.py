import shutil
from pathlib import Path

import numpy as np
import pytest

from core.models.weights import state_hash
from core.stages.verify import Kind, tensors_hash, verify_dataset, verify_notes, verify_run
from core.store import DataStore, ResultStore
from tests.fixtures.damage import DAMAGES
from tests.fixtures.pipeline import Cxr, Stores

RUN_FILES = (
    "run.json",
    "head.safetensors",
    "curves.parquet",
    "predictions/hospital.parquet",
    "metrics.parquet",
    "replicates.parquet",
    "thresholds.parquet",
    "heatmaps/hospital.parquet",
)
NOT_IN_THE_RECORD = ("heatmaps/hospital.parquet", "predictions/hospital.parquet")
"""Made by commands of their own: nobody can know that they were there."""


@pytest.fixture
def own(stores: Stores, tmp_path: Path) -> Stores:
    """A copy that a test may damage."""
    for root in (stores.data.root, stores.results.root):
        shutil.copytree(root, tmp_path / root.name)
    return Stores(DataStore(tmp_path / "data"), ResultStore(tmp_path / "results"), stores.run_id)


def test_what_was_written_is_whole(own: Stores) -> None:
    assert list(verify_run(own.results, own.run_id)) == []
    assert [fault for name in own.data.names() for fault in verify_dataset(own.data, name)] == []
    assert list(verify_notes(own.results)) == []


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("file", RUN_FILES)
def test_a_damaged_file_of_a_run_is_named(own: Stores, file: str, damage: str) -> None:
    path = own.results.folder(own.run_id) / file
    DAMAGES[damage](path)

    faults = list(verify_run(own.results, own.run_id))

    if damage == "deleted" and file in NOT_IN_THE_RECORD:
        assert faults == []
        return
    assert [fault.path for fault in faults] == [path]
    assert faults[0].kind == (Kind.MISSING if damage == "deleted" else Kind.DAMAGED)
    assert damage == "deleted" or str(path) in faults[0].reason


@pytest.mark.parametrize("damage", ["flipped", "cut", "empty"])
def test_a_damaged_file_of_a_data_set_is_named(own: Stores, damage: str) -> None:
    folder = own.data.folder("hospital")
    files = [path for path in folder.rglob("[!.]*") if path.suffix in (".parquet", ".npy")]
    assert len(files) >= 5
    for path in files:
        before = path.read_bytes()
        DAMAGES[damage](path)
        reasons = [fault.reason for fault in verify_dataset(own.data, "hospital")]
        path.write_bytes(before)
        assert any(str(path) in reason for reason in reasons), path


def test_what_a_killed_writer_left_harms_nobody(own: Stores) -> None:
    (own.results.folder(own.run_id) / ".head.safetensors.abc.tmp").write_bytes(b"half")

    (fault,) = verify_run(own.results, own.run_id)

    assert fault.kind == Kind.LEFT_OVER


def test_tensors_have_the_same_hash_without_torch(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    tensors = {"b": torch.arange(6.0).reshape(2, 3).bfloat16(), "a": torch.ones(())}
    save_file(tensors, tmp_path / "t.safetensors", {"run_id": "r"})

    assert tensors_hash(tmp_path / "t.safetensors") == state_hash(tensors)


def test_features_carry_their_hash(own: Stores) -> None:
    (path,) = own.data.folder("hospital").glob("features/*.npy")
    array = np.load(path)
    array[0, 0] += 1e-3
    np.save(path, array)

    assert [fault.path for fault in verify_dataset(own.data, "hospital")] == [path]


def test_the_command_ends_with_3_and_names_what_is_damaged(own: Stores, cxr: Cxr) -> None:
    assert cxr("runs", "verify", *own.options).exit_code == 0
    DAMAGES["flipped"](own.results.folder(own.run_id) / "metrics.parquet")

    outcome = cxr("runs", "verify", *own.options)

    assert outcome.exit_code == 3
    assert "metrics.parquet" in outcome.out
    assert "1 files are damaged" in outcome.out
