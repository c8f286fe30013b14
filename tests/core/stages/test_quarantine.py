"""Images that are set aside keep their rows in the cache, and no number depends on them."""

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.lib.format import open_memmap

from core.protocol.audit import pictures_of
from core.specs import ImageSpec
from core.stages import cache
from core.store import DataStore, ResultStore
from core.store.pixels import CachedImages
from core.tables import CURVES, HEATMAPS, METRICS, PREDICTIONS, QUARANTINE, REPLICATES, THRESHOLDS
from tests.fixtures.pipeline import Cxr
from tests.fixtures.releases import write_release, write_table_dataset

IMAGE = ImageSpec(size=64)
DATASETS = ("chestxray14", "hospital")


@dataclass(frozen=True)
class Finished:
    """A run that was trained and scored, and the images that were set aside before."""

    data: DataStore
    results: ResultStore
    aside: dict[str, list[str]]

    @property
    def run_id(self) -> str:
        return self.results.run_ids()[0]


def finished(base: Path, release: Path, hospital: Path, cxr: Cxr, poisoned: bool) -> Finished:
    places = ("--data", base / "data", "--results", base / "results")
    succeed(cxr("data", "index", "chestxray14", "--root", release, *places[:2]))
    table = ("--name", "hospital", "--labels", "labels.csv")
    succeed(cxr("data", "index", "table", "--root", hospital, *table, *places[:2]))
    data = DataStore(base / "data")
    aside = {name: set_aside(data, name, poisoned) for name in DATASETS}
    model = ("--backbone", "efficientnet_lite0", "--weights", "offline", "--loss", "bce")
    how = ("--source", "chestxray14", "--size", 64, "--num-threads", 1)
    succeed(cxr("train", *model, *how, *places))
    succeed(cxr("eval", "--all", "--target", "hospital", "--num-resamples", 20, *places))
    succeed(cxr("explain", "--all", "--dataset", "hospital", "--limit", 8, *places))
    return Finished(data, ResultStore(base / "results"), aside)


def succeed(outcome: object) -> None:
    assert getattr(outcome, "exit_code", None) == 0, outcome


def set_aside(data: DataStore, name: str, poisoned: bool) -> list[str]:
    """Every fifth image; where `poisoned`, its pixels become noise."""
    dataset = data.dataset(name)
    chosen = dataset.manifest["image_id"].gather_every(5)
    rows = pl.DataFrame({"image_id": chosen, "reason": "by hand"})
    data.write_quarantine(dataset, rows.match_to_schema(QUARANTINE.schema))
    cache.run(data, name, IMAGE)
    if poisoned:
        pixels = open_memmap(data.cache_paths(dataset, IMAGE)[0], mode="r+")
        noise = np.random.default_rng(0).integers(0, 255, (len(chosen), 64, 64), np.uint8)
        pixels[::5] = noise
        pixels.flush()
        checksums = pl.Series([zlib.crc32(each) for each in pixels], dtype=pl.UInt32)
        index = data.images(dataset, IMAGE).index
        data.write_image_index(dataset, IMAGE, index.with_columns(checksum=checksums))
    return chosen.to_list()


@pytest.fixture
def pair(tmp_path: Path, cxr: Cxr) -> tuple[Finished, Finished]:
    """The same pipeline twice; the second time the images that are set aside are noise."""
    release = write_release(tmp_path / "release").root
    hospital = write_table_dataset(tmp_path / "hospital")
    clean, poisoned = (
        finished(tmp_path / name, release, hospital, cxr, name == "poisoned")
        for name in ("clean", "poisoned")
    )
    return clean, poisoned


def test_no_stage_uses_an_image_that_is_set_aside(pair: tuple[Finished, Finished]) -> None:
    clean, poisoned = pair
    assert clean.run_id == poisoned.run_id
    for table in (METRICS, REPLICATES, THRESHOLDS):
        left, right = (each.results.read(each.run_id, table) for each in pair)
        assert left.height
        assert left.equals(right), table.name
    curves = [
        each.results.read(each.run_id, CURVES).drop("images_per_second", "memory_mib")
        for each in pair
    ]
    assert curves[0].equals(curves[1])
    heads = [each.results.head_path(each.run_id).read_bytes() for each in pair]
    assert heads[0] == heads[1]
    for name in DATASETS:
        check_scores(clean, poisoned, name)
        audited = pictures_of(clean.data.dataset(name), images(clean, name)).rows["image_id"]
        assert not set(audited) & set(clean.aside[name])
    maps = clean.results.read(clean.run_id, HEATMAPS, "hospital")
    assert maps.height
    assert maps.equals(poisoned.results.read(clean.run_id, HEATMAPS, "hospital"))
    assert not set(maps["image_id"]) & set(clean.aside["hospital"])


def check_scores(clean: Finished, poisoned: Finished, name: str) -> None:
    """The noise was seen by the backbone, in its own rows and in no other."""
    left, right = (each.results.read(each.run_id, PREDICTIONS, name) for each in (clean, poisoned))
    differing = left.filter(pl.Series(left.hash_rows() != right.hash_rows()))["image_id"]
    assert set(differing) == set(clean.aside[name])


def images(each: Finished, name: str) -> CachedImages:
    return each.data.images(each.data.dataset(name), IMAGE)
