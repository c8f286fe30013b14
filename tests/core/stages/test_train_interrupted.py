"""Runs that are stopped, killed or shared by two processes, against undisturbed ones."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import ConfigError, DataError, Interrupted
from core.records import RunStatus
from core.specs import RunSpec
from core.stages import predict, train
from core.store import DataStore, ResultStore
from tests.fixtures.phantom_hospitals import SOURCE
from tests.fixtures.training import add_source
from tests.fixtures.training_ways import TUNING, spec_of

pytestmark = pytest.mark.usefixtures("tiny_backbones")


@pytest.fixture
def data(training_data: DataStore) -> DataStore:
    return training_data


@pytest.fixture
def results(undisturbed_results: ResultStore) -> ResultStore:
    return undisturbed_results


def test_a_checkpoint_of_other_data_is_refused(data: DataStore, tmp_path: Path) -> None:
    results, spec = ResultStore(tmp_path), spec_of("tuned")
    stopped = _stopped_after(2, spec, data, results)
    assert "after a checkpoint" in stopped
    assert results.record(spec.run_id).status == RunStatus.FAILED
    other = DataStore(tmp_path / "data")
    add_source(other, num_images=75)
    with pytest.raises(ConfigError, match="was made from an earlier index or other weights"):
        train.run(spec, other, results)


def test_a_damaged_checkpoint_is_one_sentence(data: DataStore, tmp_path: Path) -> None:
    results, spec = ResultStore(tmp_path), spec_of("tuned")
    _stopped_after(2, spec, data, results)
    path = results.checkpoint_path(spec.run_id)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(DataError, match="this checkpoint cannot be read; remove it and run again"):
        train.run(spec, data, results)


def _stopped_after(step: int, spec: RunSpec, data: DataStore, results: ResultStore) -> str:
    """Train until Ctrl-C during a step of the stage before the linear one; the sentence."""

    def interrupt(stage: str, done: int, total: int) -> None:
        if stage in ("tuning", "contrastive") and done == step:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(Interrupted) as stopped:
        train.run(spec, data, results, interrupt)
    assert stopped.value.exit_code == 130
    return str(stopped.value)


@pytest.mark.parametrize("way", ["tuned", "contrastive", "adapter"])
def test_ctrl_c_in_a_stage_costs_nothing_but_time(
    way: str, data: DataStore, results: ResultStore, tmp_path: Path
) -> None:
    undisturbed = train.run(spec_of(way), data, results)
    other = ResultStore(tmp_path)
    _stopped_after(3, undisturbed.spec, data, other)
    assert train.run(undisturbed.spec, data, other).hashes == undisturbed.hashes


def test_a_run_that_is_stopped_and_killed_ends_in_the_same_bits(
    data: DataStore, results: ResultStore, tmp_path: Path
) -> None:
    undisturbed = train.run(spec_of("contrastive", tuning={"epochs": 15}), data, results)
    arguments = (data, tmp_path, "--backbone", "test_vit", "--loss", "supcon", "--tune-epochs", 15)
    for number, code in ((signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)):
        before = _last_written(tmp_path)
        with _process(*arguments) as process:
            while _last_written(tmp_path) == before and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(number)
            _, told = process.communicate(timeout=120)
        assert process.returncode == code, told
        assert ("after a checkpoint" in told) is (code == 130)
    resumed = _finished(_process(*arguments))
    assert resumed["spec"] == undisturbed.spec.model_dump(mode="json")
    assert resumed["hashes"] == undisturbed.hashes
    assert resumed["selected"] == undisturbed.selected


def test_two_processes_train_a_run_that_one_could_have_trained(
    data: DataStore, results: ResultStore, tmp_path: Path
) -> None:
    done = _finished(
        _process(
            *(data, tmp_path, "--backbone", "test_vit", "--loss", "supcon"),
            launcher=("torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"),
        )
    )
    alone = train.run(spec_of("contrastive"), data, results)
    assert done["spec"] == alone.spec.model_dump(mode="json")
    assert done["device"] == "2 × cpu"
    ours = predict.run(alone.run_id, SOURCE, data, ResultStore(tmp_path)).drop("image_id")
    theirs = predict.run(alone.run_id, SOURCE, data, results).drop("image_id")
    assert np.abs(ours.to_numpy() - theirs.to_numpy()).max() < 1e-3


def _process(
    data: DataStore, results: Path, *arguments: object, launcher: tuple[str, ...] = ()
) -> subprocess.Popen[str]:
    """`cxr train` with tiny backbones, as a process."""
    if "--tune-epochs" not in arguments:
        arguments += ("--tune-epochs", TUNING["epochs"])
    fixed = ("--weights", "random", "--source", SOURCE, "--size", 32, "--epochs", 3)
    fixed += ("--tune-batch-size", TUNING["batch_size"], "--num-threads", 1, "--json")
    stores = ("--data", data.root, "--results", results)
    module = (*launcher, "tests.fixtures.training_process", "train")
    command = (*module, *arguments, *fixed, *stores)
    return subprocess.Popen(
        [sys.executable, "-m", *map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        cwd=Path(__file__).parents[3],
    )


def _finished(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return json.loads(out)


def _last_written(results: Path) -> int:
    return max((path.stat().st_mtime_ns for path in results.glob("runs/*/checkpoint*")), default=0)
