"""Extraction that is killed, and goes on where it stood."""

import multiprocessing
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.store import DataStore
from core.store.arrays import ArrayParts
from core.training import features
from core.training.features import dataset_features, extract
from tests.fixtures.phantom_hospitals import SOURCE
from tests.fixtures.training import IMAGE, SIZE, add_source, tiny_model

NUM_IMAGES = 60
PIXELS = np.random.default_rng(0).integers(0, 256, (NUM_IMAGES, SIZE, SIZE), np.uint8)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "PART_BATCHES", 2)


def extracted(folder: Path) -> tuple[NDArray[np.float32], list[int]]:
    """Features, and the images that were done when progress was told."""
    told: list[int] = []

    def note(stage: str, done: int, total: int) -> None:
        assert (stage, total) == ("extracting features", NUM_IMAGES)
        told.append(done)

    parts = ArrayParts(folder / "features.npy")
    return extract(tiny_model("test_resnet"), PIXELS, note, parts=parts), told


def extract_and_die(folder: Path, num_images: int) -> None:
    """Be killed when so many images are done."""

    def kill(stage: str, done: int, total: int) -> None:
        if done >= num_images:
            os.kill(os.getpid(), signal.SIGKILL)

    torch.set_num_threads(1)
    features.PART_BATCHES = 2
    extract(tiny_model("test_resnet"), PIXELS, kill, parts=ArrayParts(folder / "features.npy"))


@pytest.mark.usefixtures("one_thread")
def test_extraction_that_is_killed_goes_on_from_the_last_part_to_the_same_bits(
    tmp_path: Path,
) -> None:
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=extract_and_die, args=(tmp_path / "killed", 40))
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    kept = ArrayParts(tmp_path / "killed" / "features.npy").kept()
    assert kept is not None
    assert len(kept) == 32, "two parts of 2 batches of 8"
    resumed, told = extracted(tmp_path / "killed")
    whole, _ = extracted(tmp_path / "calm")
    assert told == [40, 48, 56, 60]
    assert np.array_equal(resumed, whole)


def test_kept_results_of_another_batch_size_are_taken_in_whole_batches(tmp_path: Path) -> None:
    whole, _ = extracted(tmp_path / "calm")
    ArrayParts(tmp_path / "features.npy").keep(0, whole[:21])
    resumed, told = extracted(tmp_path)
    assert told[0] == 24
    assert np.array_equal(resumed, whole)


def test_parts_are_forgotten_once_the_features_have_their_own_file(tmp_path: Path) -> None:
    data = DataStore(tmp_path)
    add_source(data)
    dataset = data.dataset(SOURCE)
    path = data.features_path(dataset, "ab")
    found: list[NDArray[np.float32]] = []
    for _ in range(2):  # while they are computed, and left over by a kill in the last moment
        ArrayParts(path).keep(0, np.full((8, 64), 7, np.float32))
        found.append(dataset_features(data, dataset, IMAGE, "ab", lambda: tiny_model("test_vit")))
        assert sorted(each.name for each in path.parent.iterdir()) == ["ab.npy", "ab.sha256"]
    assert np.array_equal(found[0], found[1])
    assert np.all(found[0][:8] == 7)
    assert not np.any(found[0][8:] == 7)
