"""Ctrl-C while a grid is at work: it stops with 130, and the same command does the rest."""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core.records import RunRecord, RunStatus
from core.store import ResultStore
from tests.fixtures.grids import SOURCE, TARGET
from tests.fixtures.pipeline import Stores

NUM_CELLS = 3
GRID = """
backbones = ["efficientnet_lite0"]
weights = "offline"
epochs = 3
num_threads = 1
image = {size = 64}
arms = [{loss = "bce"}]
"""
CXR = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "sys.argv = ['cxr', *sys.argv[1:]]; import cli.main; cli.main.run()"
)
"""As from a shell in front: a child of one in the background would begin with Ctrl-C ignored."""

Moment = Callable[[Path], bool]


def is_training(results: Path) -> bool:
    """Whether a cell's record says that it is being trained."""
    records = (json.loads(path.read_text()) for path in results.glob("runs/*/run.json"))
    return any(record["status"] == RunStatus.RUNNING for record in records)


def is_scoring(results: Path) -> bool:
    """Whether a cell has its last predictions and still lacks its last metrics."""
    return any(results.glob(f"runs/*/predictions/{TARGET}.parquet"))


@pytest.mark.parametrize("moment", [is_training, is_scoring])
def test_ctrl_c_leaves_nothing_half_done_and_the_same_command_finishes(
    moment: Moment, stores: Stores, tmp_path: Path
) -> None:
    shutil.copytree(stores.data.root, tmp_path / "data", ignore=shutil.ignore_patterns("features"))
    (tmp_path / "grid.toml").write_text(GRID)
    results = tmp_path / "results"
    with started(tmp_path) as process:
        while not moment(results) and process.poll() is None:
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=120)
    assert process.returncode == 130, told
    assert "Traceback" not in told
    assert not list(results.rglob("*.tmp"))
    before = done_in(results)
    assert len(before) < NUM_CELLS
    with started(tmp_path) as again:
        _, told = again.communicate(timeout=120)
    assert again.returncode == 0, told
    assert f"{NUM_CELLS} of {NUM_CELLS} cells are done." in told
    after = done_in(results)
    assert len(after) == NUM_CELLS
    assert before.items() <= after.items(), "a cell that was done is not done again"


def done_in(results: Path) -> dict[str, RunRecord]:
    store = ResultStore(results)
    records = {run_id: store.record(run_id) for run_id in store.run_ids()}
    return {
        run_id: each for run_id, each in records.items() if f"evaluate {TARGET}" in each.seconds
    }


def started(folder: Path) -> subprocess.Popen[str]:
    names = ("--source", SOURCE, "--target", TARGET, "--grid", folder / "grid.toml")
    places = ("--data", folder / "data", "--results", folder / "results")
    sizes = ("--seeds", NUM_CELLS, "--num-resamples", 20)
    command = [sys.executable, "-c", CXR, "bench", *map(str, (*names, *places, *sizes))]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)
