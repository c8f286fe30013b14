"""Building, resuming and verifying the cache of a whole data set."""

import multiprocessing
import time
from pathlib import Path

import numpy as np
import pytest

from core.datasets.request import IndexRequest
from core.errors import DataError
from core.specs import ImageSpec
from core.stages import cache, index
from core.store import DataStore
from tests.fixtures.releases import Release

IMAGE = ImageSpec(size=64)


@pytest.fixture
def store(release: Release, tmp_path: Path) -> DataStore:
    data = DataStore(tmp_path / "data")
    index.run(data, "chestxray14", "chestxray14", IndexRequest(release.root))
    return data


def _build(root: Path) -> None:
    cache.run(DataStore(root), "chestxray14", IMAGE)


def test_two_processes_at_once_leave_one_good_cache(store: DataStore, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_build, args=(store.root,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    built = cache.run(store, "chestxray14", IMAGE).pixels
    other = DataStore(tmp_path / "other")
    dataset = store.dataset("chestxray14")
    other.write_dataset(dataset.record, dataset.manifest, dataset.boxes)
    assert np.array_equal(built, cache.run(other, "chestxray14", IMAGE).pixels)


def test_a_build_that_was_killed_is_continued(
    store: DataStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(stage: str, done: int, total: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.run(store, "chestxray14", IMAGE, die)
    assert not store.has_images(store.dataset("chestxray14"), IMAGE)
    totals: list[int] = []

    def tell(stage: str, done: int, total: int) -> None:
        totals.append(total)

    images = cache.run(store, "chestxray14", IMAGE, tell)
    assert totals[0] < 18
    assert images.index["sha256"].str.len_chars().to_list() == [64] * 18


def test_files_that_changed_since_are_named(store: DataStore, release: Release) -> None:
    cache.run(store, "chestxray14", IMAGE)
    cache.verify(store, "chestxray14", IMAGE)
    time.sleep(0.01)
    path = release.image("00000002_000.png")
    path.write_bytes(release.image("00000001_000.png").read_bytes())
    release.image("00000003_000.png").unlink()
    with pytest.raises(DataError) as caught:
        cache.verify(store, "chestxray14", IMAGE)
    text = str(caught.value)
    assert "00000002_000.png: has changed since it was decoded" in text
    assert "00000003_000.png: cannot be read any more" in text
    assert "run: cxr data cache chestxray14" in text
