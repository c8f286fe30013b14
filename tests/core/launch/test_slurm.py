"""A grid as jobs: submitit's local executor stands in, and a real SLURM where one answers."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import submitit

from core.bench.plan import State
from core.errors import ConfigError
from core.launch.registry import LAUNCHERS
from core.launch.slurm import queued, submit
from core.launch.spec import ClusterSpec
from core.progress import silent
from tests.fixtures.grids import APART, FROZEN, small_work
from tests.fixtures.pipeline import Stores

SMALL = ClusterSpec(minutes=5, memory_gb=1)


@pytest.fixture(autouse=True)
def in_reach_of_the_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(__file__).resolve().parents[3]
    monkeypatch.chdir(root)
    monkeypatch.setenv("PYTHONPATH", str(root))


@pytest.fixture
def slurm() -> None:
    """A cluster that answers."""
    if shutil.which("sinfo") is None:
        pytest.skip("there is no SLURM here")
    nodes = subprocess.run(["sinfo", "-h", "-o", "%t"], capture_output=True, text=True, check=False)
    if "idle" not in nodes.stdout:
        pytest.skip("no node of this SLURM is idle")


def test_jobs_do_what_is_missing_and_leave_their_logs(stores: Stores, tmp_path: Path) -> None:
    work = small_work(stores, tmp_path, FROZEN)
    finished = submit(work, SMALL, silent, executor="local")
    assert {(cell.state, cell.missing) for cell in finished} == {(State.DONE, ())}
    assert len(list(work.stores.results.jobs_folder.glob("*_log.err"))) == 1
    assert submit(work, SMALL, silent, executor="local") == finished
    assert len(list(work.stores.results.jobs_folder.glob("*_log.err"))) == 1


def test_whoever_leaves_at_once_finds_the_cells_planned(stores: Stores, tmp_path: Path) -> None:
    absent = {"weights": str(tmp_path / "absent.safetensors"), "seeds": 1}
    work = small_work(stores, tmp_path, FROZEN.model_copy(update=absent))
    left = submit(work, SMALL.model_copy(update={"detach": True}), silent, executor="debug")
    assert [cell.state for cell in left] == [State.PLANNED]


def test_a_machine_without_slurm_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(ConfigError, match=r"no SLURM on this machine.*--launcher local"):
        LAUNCHERS["slurm"].check()


@pytest.mark.slurm
@pytest.mark.usefixtures("slurm")
def test_a_cluster_does_a_grid_as_one_job_array(stores: Stores, tmp_path: Path) -> None:
    work = small_work(stores, tmp_path, APART)
    finished = LAUNCHERS["slurm"].launch(work, SMALL, silent)
    assert {(cell.state, cell.missing) for cell in finished} == {(State.DONE, ())}
    logs = work.stores.results.jobs_folder.glob("*_log.err")
    arrays = {path.name.split("_")[0] for path in logs}
    assert len(arrays) == 1


def test_a_scheduler_that_does_not_answer_says_nothing_of_the_jobs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    squeue = tmp_path / "squeue"
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    jobs = [submitit.SlurmJob[None](tmp_path, job_id) for job_id in ("7_0", "7_1")]
    for answer, known in {
        "echo 7_1": {"7_1"},
        "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1": {
            "7_0",
            "7_1",
        },
        "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1": set[str](),
    }.items():
        squeue.write_text(f"#!/bin/sh\n{answer}\n", "utf-8")
        squeue.chmod(0o755)
        assert set(queued(jobs)) == known


def test_a_grid_under_torchrun_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ConfigError, match="run it without torchrun"):
        LAUNCHERS["local"].check()


def test_a_job_takes_one_gpu() -> None:
    with pytest.raises(ValueError, match="less than or equal to 1"):
        ClusterSpec(gpus=4)
