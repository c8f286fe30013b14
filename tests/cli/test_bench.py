"""Grids from the command line, and the runs that they leave."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.bench.grid import PRESETS
from core.launch.registry import LAUNCHERS
from core.records import RunRecord, RunStatus
from core.specs import RunSpec
from core.store import ResultStore
from tests.fixtures.pipeline import Cxr, Stores

GRID = """
backbones = ["efficientnet_lite0"]
weights = "offline"
epochs = 3
num_threads = 1
image = {size = 64}
[[arms]]
loss = "bce"
"""


@pytest.fixture
def call(stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """`cxr bench` on a small grid, with results and measurements of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "grid.toml").write_text(GRID)
    places = ("--data", str(stores.data.root), "--results", str(tmp_path / "results"))
    names = ("--source", "chestxray14", "--target", "hospital", "--num-resamples", "20")
    return ("bench", "--grid", str(tmp_path / "grid.toml"), *names, *places)


def test_a_dry_run_says_what_is_missing_and_trains_nothing(
    cxr: Cxr, call: tuple[str, ...], tmp_path: Path
) -> None:
    done = cxr(*call, "--seeds", 2, "--resample-train", 1, "--dry-run")
    assert done.exit_code == 0
    assert "3 cells: 0 done; about " in done.out
    assert "of 3 no run alike was measured yet" in done.out
    (row,) = (line for line in done.out.splitlines() if "resample 0" in line)
    assert "train, predict 2 sets, evaluate" in row
    assert "at least " in row
    assert "Patient resamples are trained with seed 0 alone" in done.err
    assert not (tmp_path / "results").exists()


def test_a_grid_is_done_scored_and_then_found_done(cxr: Cxr, call: tuple[str, ...]) -> None:
    done = cxr(*call)
    assert done.exit_code == 0
    assert done.out.startswith("hospital, test split: 24 images of 12 patients")
    assert "1 of 1 cells are done." in done.err
    (cell,) = json.loads(cxr(*call, "--dry-run", "--json").out)
    assert (cell["state"], cell["missing"], cell["owner"]) == ("done", [], None)
    (cell,) = json.loads(cxr(*call, "--dry-run", "--json", "--explain", 3).out)
    assert cell["missing"] == ["explain hospital"]
    *_, later = json.loads(cxr(*call, "--dry-run", "--json", "--seeds", 2).out)
    assert later["seconds"] > 0


def test_a_grid_of_which_part_fails_ends_with_4_and_the_reasons(
    cxr: Cxr, call: tuple[str, ...]
) -> None:
    done = cxr(*call, "--weights", "absent.safetensors")
    assert done.exit_code == 4
    assert "cxr: 1 of 1 cells failed; the same command tries them again." in done.err
    assert "absent.safetensors" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ((), 3, "Name a grid: either --preset or --grid FILE."),
        (("--preset", "ai4sd", "--grid", "x.toml"), 3, "x.toml: cannot be read as TOML"),
        (("--preset", "ai4sd-match"), 3, "Did you mean 'ai4sd-matched'?"),
        (("--preset", "ai4sd", "--launcher", "slurmm"), 3, "Did you mean 'slurm'?"),
        (("--preset", "ai4sd", "--backbone", "resnet5"), 3, "Did you mean 'resnet50'?"),
        (("--preset", "ai4sd", "--seeds", "0"), 3, "options: seeds:"),
        (("--preset", "ai4sd", "--gpus", "-1"), 3, "options: gpus:"),
        (("--preset", "ai4sd"), 3, "Unknown data set 'x'"),
        (("--preset", "ai4sd", "--precision", "fp8"), 2, "Invalid value"),
    ],
)
def test_a_wrong_call_is_one_sentence_and_a_code(
    cxr: Cxr, tmp_path: Path, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    places = ("--data", tmp_path / "data", "--results", tmp_path / "results")
    done = cxr("bench", "--source", "x", "--target", "y", *arguments, *places)
    assert (done.exit_code, done.out) == (code, "")
    assert sentence in done.err


def test_the_help_names_every_preset_and_launcher(cxr: Cxr) -> None:
    words = cxr("bench", "--help").out.split()
    assert set(PRESETS) | set(LAUNCHERS) <= set(words)


def test_a_cluster_without_submitit_is_told_what_to_install(
    call: tuple[str, ...], tmp_path: Path
) -> None:
    code = (
        "import sys; sys.modules['submitit'] = None; sys.argv = ['cxr', *sys.argv[1:]]; "
        "import cli.main; cli.main.run()"
    )
    command = [sys.executable, "-c", code, *call, "--launcher", "slurm"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "pip install 'cxr-bench[slurm]'" in done.stderr
    assert not (tmp_path / "results").exists()


SPEC = RunSpec(source="mimic", backbone="resnet50")


@pytest.fixture
def results(tmp_path: Path) -> ResultStore:
    """A planned, a failed and an interrupted run."""
    store = ResultStore(tmp_path / "results")
    for seed, status in enumerate((RunStatus.PLANNED, RunStatus.FAILED, RunStatus.RUNNING)):
        spec = SPEC.model_copy(update={"seed": seed})
        error = "out of memory" if status == RunStatus.FAILED else None
        store.write_record(
            RunRecord(spec=spec, status=status, error=error, seconds={"features": 1.25})
        )
    return store


def test_the_list_says_where_each_run_stands_and_why_it_failed(
    cxr: Cxr, results: ResultStore
) -> None:
    place = ("--results", results.root)
    states = {
        run["spec"]["seed"]: run["state"]
        for run in json.loads(cxr("runs", "list", *place, "--json").out)
    }
    assert states == {0: "planned", 1: "failed", 2: "interrupted"}
    out = cxr("runs", "list", *place).out
    assert f"{results.run_ids()[1]}: out of memory" in out
    assert all("1.2" in line for line in out.splitlines()[1:4])


def test_a_run_that_is_held_is_shown_as_running_and_not_removed(
    cxr: Cxr, results: ResultStore
) -> None:
    place = ("--results", results.root)
    first, second, third = results.run_ids()
    with results.locked(second):
        shown = json.loads(cxr("runs", "show", second, *place).out)
        done = cxr("runs", "remove", first, second, "--yes", *place)
    assert (shown["state"], shown["owner"][:8]) == ("running", "process ")
    assert done.exit_code == 1
    assert f"Nothing was deleted; still at work: {second} (process" in done.err
    assert results.run_ids() == (first, second, third)
    assert cxr("runs", "remove", first, second, "--yes", *place).exit_code == 0
    assert results.run_ids() == (third,)
