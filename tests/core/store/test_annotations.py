from pathlib import Path

import polars as pl
import pytest

from core.datasets.request import IndexRequest
from core.errors import DataError
from core.stages import index
from core.store.annotations import composites, overlays, write_composites, write_overlay
from core.store.data import Dataset, DataStore
from core.tables import COMPOSITES, OVERLAY
from tests.fixtures.releases import write_table_dataset


@pytest.fixture
def store(tmp_path: Path) -> DataStore:
    return DataStore(tmp_path / "data")


@pytest.fixture
def dataset(store: DataStore, tmp_path: Path) -> Dataset:
    root = write_table_dataset(tmp_path / "own", num_images=4)
    request = IndexRequest(root, labels="labels.csv", tables_only=True)
    return index.run(store, "table", "own", request).dataset


def composite(value: int) -> pl.DataFrame:
    return pl.DataFrame([("a", "Mass or Nodule", value)], COMPOSITES.schema, orient="row")


def overlay(column: str) -> pl.DataFrame:
    return pl.DataFrame([("a", column, "yes")], OVERLAY.schema, orient="row")


def test_nothing_written_is_nothing_found(store: DataStore, dataset: Dataset) -> None:
    assert composites(store, dataset.name).equals(COMPOSITES.empty())
    assert overlays(store, dataset.name) == {}


def test_composites_come_back_and_go_with_an_empty_table(
    store: DataStore, dataset: Dataset
) -> None:
    write_composites(store, dataset, composite(1))
    assert composites(store, dataset.name).equals(composite(1))
    write_composites(store, dataset, COMPOSITES.empty())
    assert composites(store, dataset.name).is_empty()


def test_a_composite_s_value_is_a_label(store: DataStore, dataset: Dataset) -> None:
    with pytest.raises(DataError, match="row 1: value is none of 1, 0, -1, -2"):
        write_composites(store, dataset, composite(7))


def test_overlays_come_back_by_name_in_order(store: DataStore, dataset: Dataset) -> None:
    for name in ("wards", "drains"):
        write_overlay(store, dataset, name, overlay(name))
    found = overlays(store, dataset.name)
    assert list(found) == ["drains", "wards"]
    assert found["wards"].equals(overlay("wards"))


def test_a_damaged_overlay_is_one_sentence(store: DataStore, dataset: Dataset) -> None:
    write_overlay(store, dataset, "drains", overlay("drain"))
    path = store.folder(dataset.name) / "overlays/drains.parquet"
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(DataError, match="drains.parquet: this overlay table cannot be read"):
        overlays(store, dataset.name)
