import zlib
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from core.errors import ConfigError, DataError
from core.findings import FINDINGS
from core.specs import ImageSpec
from core.store.data import Dataset, DataStore
from core.store.hashed import hash_path
from core.tables import BOXES, IMAGES, MANIFEST, QUARANTINE
from tests.fixtures.records import dataset_record

RECORD = dataset_record()


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


def test_the_cache_key_covers_files_and_preprocessing_and_neither_labels_nor_quarantine(
    store: DataStore,
) -> None:
    dataset = written(store)
    key = dataset.cache_key(ImageSpec())
    relabelled = manifest().with_columns(Mass=pl.lit(0, pl.Int8))
    assert Dataset(RECORD, relabelled, BOXES.empty()).cache_key(ImageSpec()) == key
    assert dataset.cache_key(ImageSpec(equalise=True)) != key
    assert Dataset(RECORD, manifest(4), BOXES.empty()).cache_key(ImageSpec()) != key
    aside = pl.DataFrame([("i1", "by hand")], QUARANTINE.schema, orient="row")
    assert Dataset(RECORD, manifest(), BOXES.empty(), aside).cache_key(ImageSpec()) == key
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
    with pytest.raises(DataError, match="cannot be read; remove it and run again"):
        store.features(dataset, "k")


def test_a_flipped_bit_in_features_is_found_on_opening(store: DataStore) -> None:
    dataset = written(store)
    features = np.arange(6, dtype=np.float32).reshape(3, 2)
    store.write_features(dataset, "k", features)
    path = store.features_path(dataset, "k")
    content = path.read_bytes()
    assert np.array_equal(store.features(dataset, "k"), features)
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(DataError, match=r"k\.npy: is not what was written"):
        store.features(dataset, "k")
    path.write_bytes(content)
    hash_path(path).unlink()
    with pytest.raises(DataError, match=r"k\.npy: is not what was written"):
        store.features(dataset, "k")


def test_pickled_arrays_are_not_loaded(store: DataStore) -> None:
    dataset = written(store)
    path = store.features_path(dataset, "k")
    path.parent.mkdir()
    np.save(path, np.array([{"a": 1}, None, 2], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="cannot be read"):
        store.features(dataset, "k")


SMALL = ImageSpec(size=32)


def decoded(store: DataStore) -> tuple[Dataset, Path, Path]:
    """A data set with a cache of three images, and where its array and its index lie."""
    dataset = written(store)
    pixels = np.random.default_rng(0).integers(0, 255, (3, 32, 32), np.uint8)
    array_path, index_path = store.cache_paths(dataset, SMALL)
    np.save(array_path, pixels)
    known = {"row": range(3), "image_id": ["i0", "i1", "i2"], "sha256": ["a", "b", "c"]}
    rest = {"source_width": 64, "source_height": 64, "scaling": "as stored"}
    hashes = {"perceptual_hash": "0" * 64, "checksum": [zlib.crc32(each) for each in pixels]}
    index = pl.DataFrame(known | rest | hashes).cast(IMAGES.schema)
    store.write_image_index(dataset, SMALL, index)
    return dataset, array_path, index_path


def test_images_come_back(store: DataStore) -> None:
    dataset, array_path, _ = decoded(store)
    images = store.images(dataset, SMALL)
    assert np.array_equal(images.pixels[:], np.load(array_path))
    assert images.index["sha256"].to_list() == ["a", "b", "c"]


def test_a_cache_without_its_index_or_its_array_is_not_there(store: DataStore) -> None:
    dataset, array_path, index_path = decoded(store)
    assert store.has_images(dataset, SMALL)
    assert not store.has_images(dataset, ImageSpec(size=96))
    array = array_path.read_bytes()
    array_path.unlink()
    assert not store.has_images(dataset, SMALL)
    array_path.write_bytes(array)
    index_path.unlink()
    assert not store.has_images(dataset, SMALL)
    with pytest.raises(DataError, match="no such image cache table; run: cxr data cache own"):
        store.images(dataset, SMALL)


def test_an_array_cut_anywhere_is_one_sentence(store: DataStore) -> None:
    dataset, array_path, _ = decoded(store)
    content = array_path.read_bytes()
    for end in np.linspace(0, len(content) - 1, 40).astype(int):
        array_path.write_bytes(content[:end])
        with pytest.raises(DataError, match=r"\.npy: .*remove it and run"):
            store.images(dataset, SMALL)


def test_every_flipped_bit_of_an_arrays_header_is_found_or_means_nothing(store: DataStore) -> None:
    dataset, array_path, _ = decoded(store)
    content, pixels = array_path.read_bytes(), np.load(array_path)
    for place in range(128):
        for bit in range(8):
            flipped = content[place] ^ (1 << bit)
            array_path.write_bytes(content[:place] + bytes([flipped]) + content[place + 1 :])
            assert found_or_equal(store, dataset, pixels), (place, bit)


def test_every_flipped_bit_of_the_index_is_found_or_means_nothing(store: DataStore) -> None:
    dataset, array_path, index_path = decoded(store)
    content, pixels = index_path.read_bytes(), np.load(array_path)
    for place in range(0, len(content), 3):
        flipped = content[place] ^ (1 << place % 8)
        index_path.write_bytes(content[:place] + bytes([flipped]) + content[place + 1 :])
        assert found_or_equal(store, dataset, pixels), place


def found_or_equal(store: DataStore, dataset: Dataset, pixels: np.ndarray) -> bool:
    """Whether damage is refused, or the images come back as they were."""
    try:
        images = store.images(dataset, SMALL)
    except DataError:
        return True
    rows = images.index.select("image_id", "sha256", "checksum").rows()
    same_index = rows == [
        (f"i{row}", name, zlib.crc32(pixels[row])) for row, name in enumerate("abc")
    ]
    return same_index and np.array_equal(images.pixels[:], pixels)
