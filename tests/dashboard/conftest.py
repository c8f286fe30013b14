"""The phantom stores, once for all tests that only read, and copies for those that break things."""

import shutil
import sys
from pathlib import Path

import pytest

from core.store import DataStore, ResultStore
from dashboard.queries.all_runs import all_runs
from dashboard.queries.reading import Run, Runs
from dashboard.stores import Stores
from tests.fixtures import phantom_store


@pytest.fixture(autouse=True)
def main_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest leaves its script as `__main__`, which later tests' processes would run again."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


def _at(folder: Path) -> Stores:
    return Stores(DataStore(folder / "data"), ResultStore(folder / "results"))


@pytest.fixture(scope="session")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> Stores:
    """Three hospitals and four runs; tests only read them."""
    folder = tmp_path_factory.mktemp("phantom")
    phantom_store.build(folder)
    return _at(folder)


@pytest.fixture
def own(phantom: Stores, tmp_path: Path) -> Stores:
    """A copy that a test may change."""
    shutil.copytree(phantom.data.root.parent, tmp_path / "own")
    return _at(tmp_path / "own")


@pytest.fixture
def empty(tmp_path: Path) -> Stores:
    """Two stores with nothing in them."""
    return _at(tmp_path / "empty")


@pytest.fixture
def runs(phantom: Stores) -> Runs:
    """All runs of the phantom stores."""
    return all_runs(phantom)


@pytest.fixture
def run(runs: Runs) -> Run:
    """One run with ImageNet weights."""
    return next(run for run in runs.read if run.record.ranked)
