import json
import shutil
from pathlib import Path

import pytest

from cli import doctor
from core.bench.room import room
from core.specs import RunSpec, TuneSpec
from core.store import DataStore, ResultStore
from core.store.locks import locked
from tests.fixtures.pipeline import Cxr, Stores


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the measurement of every precision, which takes seconds and is tested elsewhere."""
    from core.records import ForwardRecord
    from core.training import readiness

    chosen = ForwardRecord(precision="fp32", images_per_second=1.0, cosine=1.0)
    monkeypatch.setattr(readiness, "precision", lambda: chosen)


@pytest.fixture
def own(stores: Stores, tmp_path: Path) -> Stores:
    for root in (stores.data.root, stores.results.root):
        shutil.copytree(root, tmp_path / root.name)
    return Stores(DataStore(tmp_path / "data"), ResultStore(tmp_path / "results"), stores.run_id)


def test_a_sound_machine_has_nothing_in_the_way(own: Stores, cxr: Cxr) -> None:
    outcome = cxr("doctor", *own.options, "--json")

    told = json.loads(outcome.out)
    assert (outcome.exit_code, told["ready"]) == (0, True)
    assert set(told["checks"]) == set(doctor.CHECKS)
    assert any("hospital: 24 images" in line for line in told["checks"]["data"]["lines"])
    assert any("efficientnet_lite0" in line for line in told["checks"]["weights"]["lines"])


def test_each_problem_is_one_sentence_that_says_what_to_do(own: Stores, cxr: Cxr) -> None:
    (own.data.folder("hospital") / "manifest.parquet").write_bytes(b"PAR1")

    outcome = cxr("doctor", *own.options)

    assert outcome.exit_code == 3
    assert "problem: " in outcome.out
    assert "hospital/manifest.parquet: this manifest table cannot be read" in outcome.out


def test_a_disk_that_is_too_small_is_a_problem(
    own: Stores, cxr: Cxr, monkeypatch: pytest.MonkeyPatch
) -> None:
    def free_bytes(place: Path) -> int:
        return 1_000_000

    monkeypatch.setattr(doctor, "_free_bytes", free_bytes)

    outcome = cxr("doctor", *own.options)

    assert outcome.exit_code == 3
    assert "0.0 GB are free; free the rest" in outcome.out


def test_without_the_engine_it_says_so_and_goes_on(
    own: Stores, cxr: Cxr, monkeypatch: pytest.MonkeyPatch
) -> None:
    def has(extra: str) -> bool:
        return extra == "dashboard"

    monkeypatch.setattr(doctor, "has", has)

    outcome = cxr("doctor", *own.options)

    assert outcome.exit_code == 0
    assert "this machine can show results, and not train" in outcome.out


def test_who_is_at_work_is_told(own: Stores, cxr: Cxr) -> None:
    with locked(own.results.folder(own.run_id)):
        outcome = cxr("doctor", *own.options)

    assert f"runs/{own.run_id} is held by process" in outcome.out


def test_a_grid_needs_features_for_every_image_and_weights_for_every_tuned_run(
    own: Stores,
) -> None:
    frozen = RunSpec(source="hospital", backbone="resnet50")
    tuned = frozen.model_copy(update={"tune": "full", "tuning": TuneSpec()})

    alone = room([frozen], ["hospital"], own.data)
    both = room([frozen, tuned], ["hospital"], own.data)

    assert alone.data == 24 * (224**2 + 4 * 2048)
    assert alone.results == 0
    assert both.data - alone.data == 24 * 4 * 2048
    assert 4 * 94e6 < both.results < 4 * 95e6  # 23.5 million weights, and three times as many
