"""What of a grid exists, and what the rest will cost."""

from pathlib import Path

import pytest

from core.bench.cost import Basis, cell_costs
from core.bench.grid import ArmSpec, GridSpec, cells
from core.bench.plan import Indexed, Request, State, mark, plan, state_of
from core.records import RunRecord, RunStatus
from core.specs import RunSpec, TuneSpec
from core.store import ResultStore
from core.training.sharing import sharing_features

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


def no_pass(spec: RunSpec) -> float:
    raise AssertionError("a run alike was measured")


def test_the_cost_is_that_of_runs_alike(results: ResultStore) -> None:
    specs = cells(GRID, "mimic")[:4]
    records = [done(specs[0]), done(specs[1], features=0, predict=1)]
    planned = plan(specs, REQUEST, DATASETS, results)
    costs = cell_costs(planned, sharing_features(specs), records, IMAGES, no_pass)
    first, second, third, fourth = (costs[spec.run_id].seconds for spec in specs)
    assert first == pytest.approx(90 + 10 + 50 + 50 + 5 + 4, rel=0.5)
    assert second == third == fourth == pytest.approx(10 + 1 + 1 + 5 + 4, rel=0.5)
    assert {cost.basis for cost in costs.values()} == {Basis.RUNS}
    larger = IMAGES | {"mimic": 2000, "nih": 1000}
    twice = cell_costs(planned, sharing_features(specs), records, larger, no_pass)
    assert twice[specs[1].run_id].seconds == pytest.approx(second)


def test_without_a_run_alike_the_passes_of_the_backbone_count(results: ResultStore) -> None:
    tuned = TuneSpec(epochs=4)
    arms = (
        ArmSpec(),
        ArmSpec(loss="focal"),
        ArmSpec(tune="full", tuning=tuned),
        ArmSpec(loss="supcon", tune="full", tuning=tuned),
        ArmSpec(loss="supcon", tune="none", tuning=tuned),
    )
    specs = cells(GridSpec(backbones=("resnet50",), arms=arms), "mimic")
    planned = plan(specs, REQUEST, DATASETS, results)
    costs = cell_costs(planned, sharing_features(specs), [], IMAGES, lambda spec: 0.5)
    passes_of_train = [1, 0, 1 + 4 * 3, 1 + 4 * 3 * 2, 1 + tuned.num_views]
    passes_of_target = [1, 0, 1, 1, 1]
    expected = [
        0.5 * (1000 * of_train + 500 * of_target)
        for of_train, of_target in zip(passes_of_train, passes_of_target, strict=True)
    ]
    assert [costs[spec.run_id].seconds for spec in specs] == expected
    assert {cost.basis for cost in costs.values()} == {Basis.PASSES}


def test_only_the_first_cell_of_a_job_without_features_pays_for_them(results: ResultStore) -> None:
    specs = cells(GRID, "mimic")[:4]
    records = [done(specs[0]), done(specs[1], features=0.0)]
    results.write_record(records[1])
    planned = plan(specs, REQUEST, DATASETS, results)
    costs = cell_costs(planned, sharing_features(specs), records, IMAGES, no_pass)
    assert specs[1].run_id not in costs
    assert len(set(costs.values())) == 1
