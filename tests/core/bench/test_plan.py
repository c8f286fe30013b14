"""What of a grid exists, and which cells are one piece of work."""

from pathlib import Path

import pytest

from core.bench.cost import cell_seconds
from core.bench.grid import PRESETS, ArmSpec, GridSpec, cells
from core.bench.plan import Indexed, Request, State, jobs, mark, plan, state_of
from core.records import RunRecord, RunStatus
from core.specs import RunSpec
from core.store import ResultStore

GRID = GridSpec(
    backbones=("resnet50", "efficientnet_b0"), arms=(ArmSpec(), ArmSpec(loss="focal")), seeds=2
)
DATASETS = {"mimic": Indexed("aa", 1000), "nih": Indexed("bb", 500)}
REQUEST = Request("mimic", ("nih",), num_explained=8)
IMAGES = {name: each.num_images for name, each in DATASETS.items()}


@pytest.fixture
def results(tmp_path: Path) -> ResultStore:
    return ResultStore(tmp_path / "results")


def done(spec: RunSpec, features: float = 90.0, predict: float = 50.0) -> RunRecord:
    """A run that everything was done of, in so many seconds."""
    marks = {step.name: mark(step, REQUEST, DATASETS) for step in REQUEST.steps}
    spent = {"features": features, "heads": 10.0, "predict mimic": 1.0, "predict nih": predict}
    spent |= {"evaluate nih": 5.0, "explain nih": 4.0}
    return RunRecord(spec=spec, status=RunStatus.DONE, hashes=marks, seconds=spent)


@pytest.mark.parametrize(
    ("status", "owner", "state"),
    [
        (None, None, State.NEW),
        (RunStatus.PLANNED, None, State.PLANNED),
        (RunStatus.RUNNING, "process 1 on a", State.RUNNING),
        (RunStatus.RUNNING, None, State.INTERRUPTED),
        (RunStatus.FAILED, None, State.FAILED),
        (RunStatus.DONE, None, State.DONE),
        (RunStatus.DONE, "process 1 on a", State.RUNNING),
    ],
)
def test_a_run_stands_where_its_record_and_its_holder_say(
    status: RunStatus | None, owner: str | None, state: State
) -> None:
    record = RunRecord(spec=cells(GRID, "mimic")[0], status=status) if status else None
    assert state_of(record, owner) == state


def test_a_new_cell_lacks_everything_and_a_done_one_nothing(results: ResultStore) -> None:
    first, *others = cells(GRID, "mimic")
    results.write_record(done(first))
    cell, *new = plan([first, *others], REQUEST, DATASETS, results)
    assert (cell.state, cell.missing) == (State.DONE, ())
    names = ["train mimic", "predict mimic", "predict nih", "evaluate nih", "explain nih"]
    assert all([step.name for step in each.missing] == names for each in new)


def test_a_data_set_indexed_anew_or_another_size_is_done_again(results: ResultStore) -> None:
    spec = cells(GRID, "mimic")[0]
    results.write_record(done(spec))
    larger = Request("mimic", ("nih",), num_explained=9, num_resamples=10)
    (cell,) = plan([spec], larger, DATASETS, results)
    assert [step.stage for step in cell.missing] == ["evaluate", "explain"]
    (cell,) = plan([spec], REQUEST, DATASETS | {"nih": Indexed("cc", 500)}, results)
    assert [step.stage for step in cell.missing] == ["predict", "evaluate", "explain"]


def test_cells_on_the_same_features_are_one_job_and_tuned_ones_are_alone() -> None:
    assert [len(job) for job in jobs(cells(GRID, "mimic"))] == [4, 4]
    random = GRID.model_copy(update={"weights": "random"})
    assert [len(job) for job in jobs(cells(random, "mimic"))] == [2, 2, 2, 2]
    preset = PRESETS["ai4sd"].model_copy(update={"seeds": 5, "resample_train": 3})
    sizes = [len(job) for job in jobs(cells(preset, "mimic"))]
    assert sizes == [8, 1, 1, 1, 1, 1] * 3


def test_the_cost_is_that_of_runs_alike_and_unknown_without_one(results: ResultStore) -> None:
    specs = cells(GRID, "mimic")
    records = [done(specs[0]), done(specs[1], features=0, predict=1)]
    planned = plan(specs, REQUEST, DATASETS, results)
    seconds = cell_seconds(planned, jobs(specs), records, IMAGES)
    first, second, third, fourth, *others = (seconds[spec.run_id] for spec in specs)
    assert first == pytest.approx(90 + 10 + 50 + 50 + 5 + 4, rel=0.5)
    assert second == third == fourth == pytest.approx(10 + 1 + 1 + 5 + 4, rel=0.5)
    assert others == [None] * 4
    twice = cell_seconds(planned, jobs(specs), records, IMAGES | {"mimic": 2000, "nih": 1000})
    assert twice[specs[1].run_id] == pytest.approx(second)


def test_only_the_first_cell_of_a_job_without_features_pays_for_them(results: ResultStore) -> None:
    specs = cells(GRID, "mimic")[:4]
    records = [done(specs[0]), done(specs[1], features=0.0)]
    results.write_record(records[1])
    planned = plan(specs, REQUEST, DATASETS, results)
    seconds = cell_seconds(planned, jobs(specs), records, IMAGES)
    assert specs[1].run_id not in seconds
    assert len(set(seconds.values())) == 1
