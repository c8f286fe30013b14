"""Doing a grid: only what is missing, failures beside the rest, and several processes on one."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from core.bench import work as bench
from core.bench.plan import State
from core.bench.work import Work, announce, prepare, run
from core.errors import BusyError, ProtocolError
from core.protocol.reference import REFERENCES
from core.records import RunRecord, RunStatus
from core.specs import RunSpec
from core.stages import evaluate, reference, train
from core.store.locks import locked
from core.tables import METRICS
from tests.benchmarks.kill_grid import compare
from tests.fixtures.grids import APART, FROZEN, small_work
from tests.fixtures.pipeline import Stores


def records(work: Work) -> list[RunRecord]:
    return [work.stores.results.record(spec.run_id) for spec in work.specs]


def events(work: Work, number: int) -> list[str]:
    log = work.stores.results.folder(work.specs[number].run_id) / "log.jsonl"
    return [json.loads(line)["event"] for line in log.read_text().splitlines()]


def train_nothing(specs: list[RunSpec], *rest: object) -> list[RunRecord]:
    assert not specs
    return []


def test_a_grid_is_done_once_and_then_not_again(
    stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = small_work(stores, tmp_path)
    prepare(work)
    announce(work)
    assert {cell.state for cell in work.cells} == {State.PLANNED}
    assert not any(cell.missing for cell in run(work))
    before = records(work)
    monkeypatch.setattr(train, "run_together", train_nothing)
    monkeypatch.delattr(evaluate, "run")
    run(work)
    assert records(work) == before
    assert all(record.seconds["evaluate hospital"] > 0 for record in before)


def test_a_grid_has_reference_rows_which_are_scored_once(
    stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = small_work(stores, tmp_path)
    prepare(work)
    source, target = work.request.source, work.request.targets[0]
    rows = work.stores.results.references(source)
    assert set(rows.import_ids()) == set(REFERENCES)
    for name in REFERENCES:
        scored = rows.read(name, METRICS).filter(dataset=target, finding="macro", metric="f1")
        assert set(scored["n_resamples"]) == {work.request.num_resamples}
    monkeypatch.delattr(reference, "run")
    prepare(work)
    more = replace(work.request, num_resamples=work.request.num_resamples + 1)
    with pytest.raises(AttributeError, match="run"):
        prepare(replace(work, request=more))


def test_reference_rows_that_another_process_makes_are_left_to_it(
    stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = small_work(stores, tmp_path)

    def held(*_: object) -> tuple[str, ...]:
        raise BusyError("held")

    monkeypatch.setattr(reference, "run", held)
    prepare(work)
    assert not work.stores.results.references(work.request.source).import_ids()


def test_a_cell_that_fails_says_why_and_the_others_go_on(stores: Stores, tmp_path: Path) -> None:
    absent = {"weights": str(tmp_path / "absent.safetensors")}
    good, bad = (
        small_work(stores, tmp_path),
        small_work(stores, tmp_path, FROZEN.model_copy(update=absent)),
    )
    mixed = Work((*bad.specs[:1], *good.specs[:1]), good.request, good.datasets, good.stores)
    failed, done = run(mixed)
    assert (failed.state, done.state, done.missing) == (State.FAILED, State.DONE, ())
    assert "absent.safetensors" in str(failed.error)
    assert "train chestxray14" in [step.name for step in failed.missing]


def test_a_run_whose_scoring_fails_stays_trained_and_is_scored_the_next_time(
    stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = small_work(stores, tmp_path, FROZEN.model_copy(update={"seeds": 1}))

    def fail(*arguments: object) -> None:
        raise RuntimeError("out of memory")

    with monkeypatch.context() as patch:
        patch.setattr(evaluate, "run", fail)
        (cell,) = run(work)
    assert (cell.state, cell.error) == (State.DONE, "evaluate hospital: out of memory")
    assert [step.stage for step in cell.missing] == ["evaluate", "explain"]
    log = work.stores.results.folder(work.specs[0].run_id) / "log.jsonl"
    assert 'raise RuntimeError(\\"out of memory\\")' in log.read_text()
    (cell,) = run(work)
    assert (cell.missing, cell.error) == ((), None)
    assert events(work, 0).count("done") == 1


def test_data_that_no_cell_may_use_are_refused_before_anything_is_trained(
    stores: Stores, tmp_path: Path
) -> None:
    own = small_work(stores, tmp_path)
    request = type(own.request)("chestxray14", ("chestxray14",))
    with pytest.raises(ProtocolError, match="is the source of this run"):
        prepare(Work(own.specs, request, own.datasets, own.stores))
    assert own.stores.results.run_ids() == ()


def test_two_processes_share_a_grid_and_train_no_cell_twice(stores: Stores, tmp_path: Path) -> None:
    work = small_work(stores, tmp_path, APART)
    file = tmp_path / "grid.json"
    file.write_text(APART.model_dump_json())
    code = (
        "import sys; from pathlib import Path; from core.bench.grid import GridSpec, cells; "
        "from core.bench.work import Stores, assemble, run; "
        "from core.store import DataStore, ResultStore; from tests.fixtures.grids import REQUEST; "
        "here = Path(sys.argv[1]); "
        "grid = GridSpec.model_validate_json((here / 'grid.json').read_text()); "
        "places = Stores(DataStore(here / 'data'), ResultStore(here / 'results')); "
        "finished = run(assemble(cells(grid, 'chestxray14'), REQUEST, places)); "
        "assert not any(cell.missing for cell in finished), finished"
    )
    pair = [subprocess.Popen([sys.executable, "-c", code, tmp_path]) for _ in range(2)]
    assert [process.wait(120) for process in pair] == [0, 0]
    for number in range(2):
        assert events(work, number).count("running") <= 2  # begun, and started with its weights
        assert events(work, number).count("done") == 1


def test_a_cell_of_another_process_is_left_for_later_and_taken_over_when_that_one_dies(
    stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = small_work(stores, tmp_path, APART)
    held, free = work.specs
    code = (
        "import sys; from pathlib import Path; from core.store.locks import locked; "
        "lock = locked(Path(sys.argv[1])); lock.__enter__(); print('held', flush=True); "
        "sys.stdin.readline()"
    )
    folder = work.stores.results.folder(held.run_id)
    pipe = subprocess.PIPE
    seen: list[RunStatus] = []
    monkeypatch.setattr(bench, "POLL_SECONDS", 0.01)
    with subprocess.Popen([sys.executable, "-c", code, folder], stdin=pipe, stdout=pipe) as other:
        assert other.stdout
        assert other.stdout.readline() == b"held\n"

        def on_progress(stage: str, done: int, total: int) -> None:
            if stage.startswith("waiting") and not seen:
                seen.append(work.stores.results.record(free.run_id).status)
                assert work.cells[0].state == State.RUNNING
                assert f"process {other.pid} on" in str(work.cells[0].owner)
                other.kill()

        assert not any(cell.missing for cell in run(work, on_progress))
    assert seen == [RunStatus.DONE]


def test_what_a_killed_writer_left_half_written_is_swept_away(
    stores: Stores, tmp_path: Path
) -> None:
    work = small_work(stores, tmp_path, FROZEN.model_copy(update={"seeds": 1}))
    folder = work.stores.results.folder(work.specs[0].run_id)
    with locked(folder):
        (folder / ".metrics.parquet.x1.tmp").write_text("half")
    run(work)
    assert not list(folder.rglob("*.tmp"))


def test_a_grid_that_is_killed_ends_with_the_bits_of_one_that_is_not(tmp_path: Path) -> None:
    num_rounds, num_files = compare(tmp_path, num_kills=2, num_cells=2, rng=Random(3))
    assert num_files >= 20 * num_rounds
