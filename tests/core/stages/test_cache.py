"""Building, resuming and verifying the cache of a whole data set."""

import multiprocessing
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from core.datasets.request import IndexRequest
from core.errors import DataError
from core.specs import ImageSpec
from core.stages import cache, check, index
from core.store import DataStore
from core.tables import QUARANTINE
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
    alone = cache.run(copy_of(store, tmp_path / "other"), "chestxray14", IMAGE).pixels
    assert np.array_equal(built, alone)


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


def test_images_that_cannot_be_decoded_are_all_named_and_the_others_are_kept(
    store: DataStore, release: Release
) -> None:
    bad = [release.image(f"0000000{patient}_000.png") for patient in (2, 5, 7)]
    contents = [path.read_bytes() for path in bad]
    bad[0].unlink()
    bad[1].write_bytes(contents[1][:-40])
    bad[2].write_bytes(b"GIF89a")
    with pytest.raises(DataError) as caught:
        cache.run(store, "chestxray14", IMAGE)
    advice, *lines = str(caught.value).splitlines()
    named = caught.value.problems
    assert lines == list(named)
    assert advice.startswith("3 images of chestxray14 cannot be decoded, the others are kept;")
    assert "cxr data check chestxray14 --quarantine" in advice
    for path, sentence in zip(bad, named, strict=True):
        assert sentence.startswith(f"{path}: ")
    check.run(store, ["chestxray14"], quarantine=True)
    totals: list[int] = []
    images = cache.run(store, "chestxray14", IMAGE, lambda stage, done, total: totals.append(total))
    assert totals == [3] * 3
    assert images.index["sha256"].null_count() == 3


def test_setting_images_aside_decodes_nothing_anew(store: DataStore, release: Release) -> None:
    before = cache.run(store, "chestxray14", IMAGE)
    set_aside(store, "00000002_000.png", "00000003_000.png")
    release.image("00000003_000.png").unlink()
    told: list[int] = []
    after = cache.run(store, "chestxray14", IMAGE, lambda stage, done, total: told.append(total))
    assert after.key == before.key
    assert after.index.equals(before.index)
    assert not told


def test_an_image_that_is_taken_back_is_decoded_and_no_other(
    store: DataStore, release: Release, tmp_path: Path
) -> None:
    gone = release.image("00000003_000.png")
    content = gone.read_bytes()
    gone.unlink()
    set_aside(store, gone.name)
    without = cache.run(store, "chestxray14", IMAGE).index
    assert without.filter(pl.col("sha256").is_null())["image_id"].to_list() == [gone.name]
    store.write_features(store.dataset("chestxray14"), "k", np.zeros((18, 2), np.float32))
    set_aside(store)
    dataset = store.dataset("chestxray14")
    assert not store.has_images(dataset, IMAGE)
    with pytest.raises(DataError, match=r"lacks 1 images in use, first '00000003_000.png'; run:"):
        store.images(dataset, IMAGE)
    gone.write_bytes(content)
    told: list[int] = []
    whole = cache.run(store, "chestxray14", IMAGE, lambda stage, done, total: told.append(total))
    assert told == [1]
    anew = copy_of(store, tmp_path / "anew")
    assert whole.index.equals(cache.run(anew, "chestxray14", IMAGE).index)
    assert np.array_equal(whole.pixels, cache.run(anew, "chestxray14", IMAGE).pixels)
    assert not store.features_path(dataset, "k").exists()


def test_of_images_that_are_taken_back_the_good_ones_are_kept_when_others_are_bad(
    store: DataStore, release: Release
) -> None:
    gone = [release.image(f"0000000{patient}_000.png") for patient in (2, 5)]
    contents = [path.read_bytes() for path in gone]
    for path in gone:
        path.unlink()
    set_aside(store, *(path.name for path in gone))
    cache.run(store, "chestxray14", IMAGE)
    set_aside(store)
    gone[0].write_bytes(contents[0])
    with pytest.raises(DataError, match="1 images of chestxray14 .* the others are kept"):
        cache.run(store, "chestxray14", IMAGE)
    gone[1].write_bytes(contents[1])
    totals: list[int] = []
    cache.run(store, "chestxray14", IMAGE, lambda stage, done, total: totals.append(total))
    assert totals == [1]


def copy_of(store: DataStore, root: Path) -> DataStore:
    """The same data set in another store, nothing decoded yet."""
    dataset, other = store.dataset("chestxray14"), DataStore(root)
    other.write_dataset(dataset.record, dataset.manifest, dataset.boxes)
    return other


def set_aside(store: DataStore, *image_ids: str) -> None:
    rows = [(image_id, "by hand") for image_id in image_ids]
    frame = pl.DataFrame(rows, QUARANTINE.schema, orient="row")
    store.write_quarantine(store.dataset("chestxray14"), frame)


def test_pixels_that_changed_on_disk_are_named(store: DataStore) -> None:
    cache.run(store, "chestxray14", IMAGE)
    array_path, _ = store.cache_paths(store.dataset("chestxray14"), IMAGE)
    content = bytearray(array_path.read_bytes())
    content[-1] ^= 128
    array_path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        cache.verify(store, "chestxray14", IMAGE)
    remedy, damaged = str(caught.value).splitlines()
    assert "remove it and run: cxr data cache chestxray14" in remedy
    assert damaged.startswith(f"{array_path}, row 17: the pixels have changed")
    array_path.unlink()
    cache.run(store, "chestxray14", IMAGE)
    cache.verify(store, "chestxray14", IMAGE)


def test_a_file_that_leads_out_of_the_data_set_is_not_decoded(
    store: DataStore, release: Release
) -> None:
    path = release.image("00000004_000.png")
    path.rename(release.root.parent / "elsewhere.png")
    path.symlink_to(release.root.parent / "elsewhere.png")
    with pytest.raises(DataError, match=r"00000004_000\.png: lies outside"):
        cache.run(store, "chestxray14", IMAGE)


def test_features_of_pixels_that_were_replaced_are_forgotten(
    store: DataStore, release: Release
) -> None:
    cache.run(store, "chestxray14", IMAGE)
    dataset = store.dataset("chestxray14")
    store.write_features(dataset, "k", np.zeros((18, 2), np.float32))
    store.cache_paths(dataset, IMAGE)[0].unlink()
    cache.run(store, "chestxray14", IMAGE)
    assert store.features_path(dataset, "k").exists()
    release.image("00000001_000.png").write_bytes(release.image("00000002_000.png").read_bytes())
    store.cache_paths(dataset, IMAGE)[0].unlink()
    cache.run(store, "chestxray14", IMAGE)
    assert not store.features_path(dataset, "k").exists()


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
