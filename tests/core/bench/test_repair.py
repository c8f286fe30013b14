import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from core.store import DataStore, ResultStore
from core.store.seal import unsealed
from tests.fixtures.damage import cut, flip
from tests.fixtures.pipeline import Cxr, Stores

REDONE = {
    "head.safetensors": "train chestxray14",
    "curves.parquet": "train chestxray14",
    "predictions/hospital.parquet": "predict hospital",
    "metrics.parquet": "evaluate hospital",
    "replicates.parquet": "evaluate hospital",
    "thresholds.parquet": "evaluate hospital",
}
CHANGING = ("seconds", "created", "git_commit")


@pytest.fixture
def own(stores: Stores, tmp_path: Path) -> Stores:
    """A copy that a test may damage."""
    for root in (stores.data.root, stores.results.root):
        shutil.copytree(root, tmp_path / root.name)
    return Stores(DataStore(tmp_path / "data"), ResultStore(tmp_path / "results"), stores.run_id)


def contents(folder: Path) -> dict[str, object]:
    """What the run's files hold, without when they were made."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".parquet":
            found[path.name] = pl.read_parquet(path).drop("seconds", strict=False).write_ndjson()
        elif path.suffix == ".safetensors":
            found[path.name] = path.read_bytes()
        elif path.name == "run.json":
            record = json.loads(unsealed(path.read_bytes()))
            found[path.name] = {key: record[key] for key in record if key not in CHANGING}
    return found


@pytest.mark.parametrize("file", REDONE)
def test_what_is_damaged_is_done_again_to_the_same_bits(own: Stores, cxr: Cxr, file: str) -> None:
    folder = own.results.folder(own.run_id)
    before = contents(folder)
    flip(folder / file)

    outcome = cxr("runs", "repair", *own.options, "--json")

    told = json.loads(outcome.out)[own.run_id]
    assert (outcome.exit_code, told["redone"], told["left"]) == (0, [REDONE[file]], [])
    assert contents(folder) == before
    assert (folder / f"{file}.damaged").exists()
    assert cxr("runs", "verify", *own.options).exit_code == 0


def test_a_store_without_faults_is_left_alone(own: Stores, cxr: Cxr) -> None:
    outcome = cxr("runs", "repair", *own.options)

    assert (outcome.exit_code, outcome.out) == (0, "0 runs had faults.\n")


def test_maps_of_unrecorded_number_are_left_with_their_command(own: Stores, cxr: Cxr) -> None:
    cut(own.results.folder(own.run_id) / "heatmaps" / "hospital.parquet")

    outcome = cxr("runs", "repair", own.run_id, *own.options)

    assert outcome.exit_code == 3
    assert f"cxr explain {own.run_id} --dataset hospital" in outcome.out


def test_without_the_data_the_command_is_named(own: Stores, cxr: Cxr) -> None:
    shutil.rmtree(own.data.root)
    head = own.results.head_path(own.run_id)
    flip(head)

    outcome = cxr("runs", "repair", own.run_id, *own.options)

    assert outcome.exit_code == 3
    assert f"cxr train (run {own.run_id}): Unknown data set 'chestxray14'" in outcome.out
    assert own.results.record(own.run_id).status == "done"


def test_a_run_that_lost_its_record_is_named(own: Stores, cxr: Cxr) -> None:
    flip(own.results.folder(own.run_id) / "run.json")

    outcome = cxr("runs", "repair", own.run_id, *own.options)

    assert outcome.exit_code == 3
    assert "its settings are lost" in outcome.out
