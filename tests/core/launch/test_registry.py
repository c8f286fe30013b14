"""The contract of every row of LAUNCHERS."""

from pathlib import Path

import pytest

from core.bench.grid import ArmSpec, GridSpec, cells
from core.bench.plan import Indexed, Request, State, mark
from core.bench.work import Stores, Work
from core.launch.registry import LAUNCHERS
from core.launch.spec import ClusterSpec
from core.progress import silent
from core.records import RunRecord, RunStatus
from core.store import DataStore, ResultStore

GRID = GridSpec(backbones=("resnet50",), arms=(ArmSpec(),), seeds=3)


@pytest.mark.parametrize("name", LAUNCHERS)
def test_a_launcher_leaves_a_finished_grid_as_it_is(name: str, tmp_path: Path) -> None:
    request, datasets = (
        Request("mimic", ("nih",)),
        {"mimic": Indexed("a", 9), "nih": Indexed("b", 9)},
    )
    results = ResultStore(tmp_path / "results")
    work = Work(cells(GRID, "mimic"), request, datasets, Stores(DataStore(tmp_path), results))
    marks = {step.name: mark(step, request, datasets) for step in request.steps}
    for spec in work.specs:
        results.write_record(RunRecord(spec=spec, status=RunStatus.DONE, hashes=marks))
    before = {path: path.read_bytes() for path in tmp_path.rglob("run.json")}
    finished = LAUNCHERS[name].launch(work, ClusterSpec(), silent)
    assert [(cell.spec, cell.state, cell.missing) for cell in finished] == [
        (spec, State.DONE, ()) for spec in work.specs
    ]
    assert {path: path.read_bytes() for path in tmp_path.rglob("run.json")} == before
    assert not results.jobs_folder.exists()
