"""Reference rows that a kill cut short are made anew, and not taken for whole."""

from pathlib import Path

import pytest

from core.datasets.request import IndexRequest
from core.stages import index, reference
from core.store import DataStore, ResultStore
from core.tables import PREDICTIONS
from tests.fixtures.releases import write_table_dataset


def test_a_row_without_predictions_is_not_believed_to_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, results = DataStore(tmp_path / "data"), ResultStore(tmp_path / "results")
    folder = write_table_dataset(tmp_path / "images")
    index.run(data, "table", "away", IndexRequest(folder, labels="labels.csv"))

    with monkeypatch.context() as patch:
        patch.setattr(ResultStore, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            reference.run(None, "away", data, results)
    names = reference.run(None, "away", data, results)

    assert names
    references = results.references(None)
    for name in names:
        assert references.read(name, PREDICTIONS, "away").height == 24


def killed(*arguments: object) -> None:
    raise KeyboardInterrupt
