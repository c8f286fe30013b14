"""A target that holds a copy of a source's picture is refused before anything is scored."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image, ImageEnhance

from core.datasets.request import IndexRequest
from core.errors import ProtocolError
from core.imaging.perceptual import fingerprints
from core.protocol import audit_pair, audit_target
from core.protocol.audit import pictures_of
from core.protocol.files import HASHED
from core.stages import cache, check, index
from core.store.data import Dataset, DataStore
from core.store.pixels import CachedImages, Pixels
from core.tables import QUARANTINE
from tests.fixtures.releases import write_table_dataset


def soft(seed: int) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(20, 200, (14, 14), np.uint8)
    return Image.fromarray(coarse).resize((128, 128), Image.Resampling.BICUBIC)


@pytest.fixture
def store(tmp_path: Path) -> DataStore:
    """Two hospitals of 8 pictures; scan06 of the target is a copy of scan01 of the source."""
    store = DataStore(tmp_path / "data")
    for first_seed, name in ((0, "source"), (100, "target")):
        root = write_table_dataset(tmp_path / name, 8)
        for k in range(8):
            soft(first_seed + k).save(root / f"images/scan{k:02d}.png")
        if name == "target":
            copy = ImageEnhance.Brightness(soft(1).resize((90, 90))).enhance(1.1)
            copy.save(root / "images/scan06.png", "JPEG", quality=80)
        index.run(store, "table", name, IndexRequest(root=root, labels="labels.csv"))
    return store


def decoded(store: DataStore, name: str) -> tuple[Dataset, CachedImages]:
    images = cache.run(store, name, HASHED)
    return store.dataset(name), images


def test_a_changed_copy_of_a_target_image_in_the_source_is_refused(store: DataStore) -> None:
    (source, ours), (target, theirs) = decoded(store, "source"), decoded(store, "target")
    expected = r"1 images of target 'target' are resized or recompressed.*scan06.png ~ .*scan01.png"
    with pytest.raises(ProtocolError, match=expected):
        audit_target(source, target, ours, theirs)


def test_an_image_in_quarantine_is_no_leak(store: DataStore) -> None:
    rows = [("images/scan01.png", "by hand")]
    aside = pl.DataFrame(rows, schema=QUARANTINE.schema, orient="row")
    store.write_quarantine(store.dataset("source"), aside)
    (source, ours), (target, theirs) = decoded(store, "source"), decoded(store, "target")
    assert pictures_of(source, ours).rows.height == 7
    audit_target(source, target, ours, theirs)


def test_an_audit_takes_its_hashes_from_the_index_and_reads_no_pixels(store: DataStore) -> None:
    source, images = decoded(store, "source")
    unread = Pixels(np.empty((0, 224, 224), np.uint8), images.index, Path("no.npy"), "source")
    found = pictures_of(source, replace(images, pixels=unread))
    assert np.array_equal(found.hashes, fingerprints(images.pixels[:]))


def test_a_pair_is_audited_alike_from_the_cache_and_from_the_files(store: DataStore) -> None:
    from_files = check.run(store, ["source", "target"]).observations["source + target"]
    (source, ours), (target, theirs) = decoded(store, "source"), decoded(store, "target")
    from_cache = check.run(store, ["source", "target"]).observations["source + target"]
    pair = audit_pair(source, target, pictures_of(source, ours), pictures_of(target, theirs))
    assert from_files == from_cache == pair
    assert len(pair) == 1


def test_alike_pictures_of_two_phantoms_are_no_leak_but_the_same_file_is(store: DataStore) -> None:
    pairs = [decoded(store, name) for name in ("source", "target")]
    (source, ours), (target, theirs) = (
        (replace(each, record=each.record.model_copy(update={"synthetic": True})), images)
        for each, images in pairs
    )
    audit_target(source, target, ours, theirs)
    same = ours.index["sha256"][1]
    index = theirs.index.with_columns(
        sha256=pl.when(pl.col("row") == 6).then(pl.lit(same)).otherwise("sha256")
    )
    with pytest.raises(ProtocolError, match="byte for byte"):
        audit_target(source, target, ours, replace(theirs, index=index))
