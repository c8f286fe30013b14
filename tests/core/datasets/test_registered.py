from pathlib import Path

import polars as pl
import pytest

from core.datasets.registered import labelled, register, subgroup_columns
from core.datasets.request import IndexRequest
from core.errors import ConfigError, DataError
from core.stages import index
from core.store.data import Dataset, DataStore
from tests.fixtures.releases import Release

FIRST, SECOND = "00000001_000.png", "00000002_000.png"


@pytest.fixture
def store(tmp_path: Path) -> DataStore:
    return DataStore(tmp_path / "data")


@pytest.fixture
def dataset(store: DataStore, release: Release) -> Dataset:
    request = IndexRequest(release.root, tables_only=True)
    return index.run(store, "chestxray14", "nih", request).dataset


def write(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "overlay.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_without_overlays_there_are_no_subgroups(store: DataStore, dataset: Dataset) -> None:
    assert subgroup_columns(dataset, store).equals(dataset.manifest.select("image_id"))


def test_subgroups_of_all_overlays_stand_beside_the_manifest(
    tmp_path: Path, store: DataStore, dataset: Dataset
) -> None:
    drains = write(tmp_path, "image_id,drain,Mass", f"{SECOND},yes,1", f"{FIRST},no,")
    register(store, dataset, "drains", drains)
    register(store, dataset, "wards", write(tmp_path, "image_id,ward", f"{SECOND},ICU"))
    found = subgroup_columns(dataset, store)
    assert found.columns == ["image_id", "drain", "ward"]
    assert found["image_id"].equals(dataset.manifest["image_id"])
    by_id = {row[0]: row[1:] for row in found.iter_rows()}
    assert (by_id.pop(FIRST), by_id.pop(SECOND)) == (("no", None), ("yes", "ICU"))
    assert set(by_id.values()) == {(None, None)}


def test_labels_of_an_overlay_are_laid_over_when_it_is_named(
    tmp_path: Path, store: DataStore, dataset: Dataset
) -> None:
    register(store, dataset, "drains", write(tmp_path, "image_id,Mass", f"{FIRST},1"))
    assert store.dataset("nih").manifest.equals(dataset.manifest)
    laid = labelled(store, "nih@drains")
    assert laid.manifest.drop_nulls("Mass")["image_id"].to_list() == [FIRST]
    assert laid.hash != dataset.hash
    with pytest.raises(ConfigError, match="Unknown overlay 'drain'.*Did you mean 'drains'"):
        labelled(store, "nih@drain")


def test_an_overlay_of_the_same_name_is_replaced(
    tmp_path: Path, store: DataStore, dataset: Dataset
) -> None:
    register(store, dataset, "drains", write(tmp_path, "image_id,drain", f"{FIRST},yes"))
    register(store, dataset, "drains", write(tmp_path, "image_id,tube", f"{FIRST},no"))
    assert subgroup_columns(dataset, store).columns == ["image_id", "tube"]


def test_a_subgroup_that_another_overlay_gives_is_refused(
    tmp_path: Path, store: DataStore, dataset: Dataset
) -> None:
    path = write(tmp_path, "image_id,drain", f"{FIRST},yes")
    register(store, dataset, "one", path)
    with pytest.raises(DataError, match="column 'drain' is in overlay 'one' already"):
        register(store, dataset, "two", path)
    assert subgroup_columns(dataset, store).columns == ["image_id", "drain"]


@pytest.mark.parametrize("name", ["../x", "", "a b", ".hidden"])
def test_a_name_that_is_no_file_is_refused(
    tmp_path: Path, store: DataStore, dataset: Dataset, name: str
) -> None:
    path = write(tmp_path, "image_id,drain", f"{FIRST},yes")
    with pytest.raises(ConfigError, match="overlay: name"):
        register(store, dataset, name, path)


def test_an_overlay_of_other_images_is_told(
    tmp_path: Path, store: DataStore, dataset: Dataset
) -> None:
    register(store, dataset, "drains", write(tmp_path, "image_id,drain", f"{FIRST},yes"))
    others = dataset.manifest.with_columns(image_id=pl.lit("new-") + pl.col("image_id"))
    after = store.write_dataset(dataset.record, others, dataset.boxes.clear())
    with pytest.raises(DataError, match="Overlay 'drains' names none of the images of 'nih'"):
        subgroup_columns(after, store)
