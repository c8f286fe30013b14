from pathlib import Path

import numpy as np
import polars as pl
import pytest

from core.errors import ConfigError, DataError
from core.findings import FINDINGS
from core.records import DatasetRecord
from core.specs import ImageSpec
from core.store.data import Dataset, DataStore
from core.tables import BOXES, MANIFEST
from tests.fixtures.pipeline import Stores

RECORD = DatasetRecord(
    name="own", adapter="table", root="/x", labeller="", split_name="", licence="", citation=""
)


def manifest(num_images: int = 3) -> pl.DataFrame:
    names = [f"i{k}" for k in range(num_images)]
    columns = dict.fromkeys(("image_id", "patient_id", "study_id", "path"), names)
    fixed = {"split": "test", "view": "PA", "sex": None, "age_years": None}
    return pl.DataFrame(columns | fixed | dict.fromkeys(FINDINGS, 1)).cast(MANIFEST.schema)


@pytest.fixture
def store(tmp_path: Path) -> DataStore:
    return DataStore(tmp_path / "data")


def written(store: DataStore) -> Dataset:
    return store.write_dataset(RECORD, manifest(), BOXES.empty())


def test_a_data_set_comes_back_with_its_record(store: DataStore) -> None:
    dataset = written(store)
    assert store.names() == ("own",)
    assert dataset.record == RECORD
    assert dataset.manifest.equals(manifest())


def test_a_store_that_is_not_there_is_empty(store: DataStore) -> None:
    assert store.names() == ()
    with pytest.raises(ConfigError, match="Unknown data set 'own'. Known data sets: none yet"):
        store.dataset("own")


def test_a_broken_manifest_is_not_written(store: DataStore) -> None:
    twice = pl.concat([manifest(), manifest()])
    with pytest.raises(DataError, match="image_id is given twice"):
        store.write_dataset(RECORD, twice, BOXES.empty())
    assert not store.root.exists()


def test_a_damaged_manifest_is_one_sentence(store: DataStore) -> None:
    written(store)
    path = store.folder("own") / "manifest.parquet"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DataError, match="manifest.parquet"):
        store.dataset("own")


def test_the_cache_key_covers_files_and_preprocessing_and_not_labels(store: DataStore) -> None:
    dataset = written(store)
    key = dataset.cache_key(ImageSpec())
    relabelled = manifest().with_columns(Mass=pl.lit(0, pl.Int8))
    assert Dataset(RECORD, relabelled, BOXES.empty()).cache_key(ImageSpec()) == key
    assert dataset.cache_key(ImageSpec(equalise=True)) != key
    assert Dataset(RECORD, manifest(4), BOXES.empty()).cache_key(ImageSpec()) != key
    moved = RECORD.model_copy(update={"root": "/y"})
    assert Dataset(moved, manifest(), BOXES.empty()).cache_key(ImageSpec()) != key


def test_features_come_back_and_wrong_ones_are_refused(store: DataStore) -> None:
    dataset = written(store)
    features = np.arange(6, dtype=np.float32).reshape(3, 2)
    store.write_features(dataset, "k", features)
    assert np.array_equal(store.features(dataset, "k"), features)
    store.write_features(dataset, "k", features[:2])
    with pytest.raises(DataError, match="not one row per image"):
        store.features(dataset, "k")
    store.features_path(dataset, "k").write_bytes(b"\x93NUMPY half a file")
    with pytest.raises(DataError, match="cannot be read"):
        store.features(dataset, "k")


def test_pickled_arrays_are_not_loaded(store: DataStore) -> None:
    dataset = written(store)
    path = store.features_path(dataset, "k")
    path.parent.mkdir()
    np.save(path, np.array([{"a": 1}, None, 2], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="cannot be read"):
        store.features(dataset, "k")


def test_a_cache_without_its_index_is_not_there(stores: Stores) -> None:
    dataset = stores.data.dataset("hospital")
    assert stores.data.has_images(dataset, ImageSpec(size=64))
    assert not stores.data.has_images(dataset, ImageSpec(size=96))
    assert stores.data.images(dataset, ImageSpec(size=64)).pixels.shape == (24, 64, 64)
