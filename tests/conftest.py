"""Small data sets on disk, in the layouts of the real ones, and a run trained on them."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from cli.main import run as run_cxr
from core.store import DataStore, ResultStore
from tests.fixtures.imported_runs import AWAY, Places, add_run
from tests.fixtures.imported_runs import build as build_places
from tests.fixtures.pipeline import Cxr, Outcome, Stores
from tests.fixtures.releases import Release, write_release, write_table_dataset

settings.register_profile("cxr", deadline=None)  # No test may fail because the machine is busy.
settings.load_profile("cxr")

REAL = Path(__file__).resolve().parents[2] / "shared" / "real"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The real images beside the checkout."""
    if not REAL.is_dir():
        pytest.skip("the real images are not beside this checkout")
    return REAL


@pytest.fixture
def release(tmp_path: Path) -> Release:
    """A small ChestX-ray14 of its own for one test."""
    return write_release(tmp_path / "release", num_patients=9)


@pytest.fixture
def hospital(tmp_path: Path) -> Path:
    """A small generic table data set of its own for one test."""
    return write_table_dataset(tmp_path / "hospital")


@pytest.fixture
def cxr(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cxr:
    """Calls the command line in this process, as its entry point does."""

    def call(*arguments: object) -> Outcome:
        capsys.readouterr()
        monkeypatch.setattr("sys.argv", ["cxr", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            run_cxr()
        captured = capsys.readouterr()
        code = stop.value.code
        assert isinstance(code, int | None)
        return Outcome(code or 0, captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Stores:
    """The whole pipeline, once, through the command line; tests only read it."""
    base = tmp_path_factory.mktemp("stores")
    write_release(base / "release")
    write_table_dataset(base / "hospital")
    places = ("--data", base / "data"), ("--results", base / "results")
    data, results = places
    _succeed("data", "index", "chestxray14", "--root", base / "release", *data)
    _succeed(
        *("data", "index", "table", "--name", "hospital", "--root", base / "hospital"),
        *("--labels", "labels.csv", "--open", *data),
    )
    train = ("train", "--backbone", "efficientnet_lite0", "--weights", "offline")
    _succeed(*train, "--source", "chestxray14", "--size", 64, "--num-threads", 1, *data, *results)
    _succeed("eval", "--all", "--target", "hospital", "--num-resamples", 50, *data, *results)
    _succeed("explain", "--all", "--dataset", "hospital", "--limit", 6, *data, *results)
    store = ResultStore(base / "results")
    return Stores(DataStore(base / "data"), store, store.run_ids()[0])


@pytest.fixture(scope="session")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """Three imported runs, evaluated: `weak`, `strong`, and `stranger` without a source."""
    places = build_places(tmp_path_factory.mktemp("imported"))
    add_run(places, "weak", 0.6)
    add_run(places, "strong", 1.4)
    add_run(places, "stranger", 1.0, source=None, datasets=(AWAY,))
    quick = ("--num-resamples", 100, "--no-subgroups", "--no-weightings")
    _succeed("eval", "--all", "--target", AWAY, *quick, *places.options)
    return places


def _succeed(*arguments: object) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["cxr", *map(str, arguments)])
        for name in [name for name in os.environ if name.startswith("CXR_")]:
            patch.delenv(name)
        with pytest.raises(SystemExit) as stop:
            run_cxr()
    assert stop.value.code in (0, None), arguments
