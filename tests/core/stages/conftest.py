from collections.abc import Iterator
from pathlib import Path

import pytest

from core.store import DataStore, ResultStore
from tests.fixtures.training import add_source, add_tiny_backbones


@pytest.fixture(scope="module")
def tiny_backbones() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        add_tiny_backbones(patch)
        yield


@pytest.fixture(scope="session")
def training_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("training")


@pytest.fixture(scope="session")
def training_data(training_folder: Path) -> DataStore:
    store = DataStore(training_folder / "data")
    add_source(store, restricted=True)
    return store


@pytest.fixture(scope="session")
def undisturbed_results(training_folder: Path) -> ResultStore:
    """Runs that were trained without a stop, each once for all modules."""
    return ResultStore(training_folder / "results")
