"""Maps in parts: bounded, resumed after a kill, the same whichever way they came."""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from core.errors import ConfigError, Interrupted
from core.findings import Finding
from core.roles import Split
from core.stages import explain
from core.stages.explain import ExplainRequest
from core.store import ResultStore
from core.store.heatmaps import MapSet, read_maps
from core.tables import HEATMAPS
from tests.fixtures.pipeline import Stores

DATASET = "chestxray14"
WHOLE = ExplainRequest(split=Split.TRAIN, limit=24)


@pytest.fixture
def own(stores: Stores, tmp_path: Path) -> Stores:
    """The finished pipeline with results of its own."""
    shutil.copytree(stores.results.root, tmp_path / "results")
    return Stores(stores.data, ResultStore(tmp_path / "results"), stores.run_id)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explain, "_PART_IMAGES", 8)


def made(own: Stores, request: ExplainRequest = WHOLE) -> explain.Made:
    return explain.run(own.run_id, DATASET, request, own.data, own.results)


def stored(own: Stores) -> pl.DataFrame:
    return own.results.read(own.run_id, HEATMAPS, DATASET)


def parts_folder(own: Stores) -> Path:
    return own.results.path(own.run_id, HEATMAPS, DATASET).with_suffix(".parts")


def test_all_images_of_a_split_have_their_maps(own: Stores) -> None:
    done = made(own, ExplainRequest())

    num_images = own.data.dataset(DATASET).manifest.filter(split="test").height
    num_findings = len(own.results.record(own.run_id).trained_findings)
    assert len(done.image_ids) == num_images
    assert done.num_new == done.num_maps == stored(own).height == num_images * num_findings
    assert done.num_bytes == own.results.path(own.run_id, HEATMAPS, DATASET).stat().st_size


@pytest.mark.usefixtures("small_parts")
def test_maps_written_in_parts_are_those_written_at_once(
    own: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(own)
    in_parts = stored(own)
    own.results.path(own.run_id, HEATMAPS, DATASET).unlink()
    monkeypatch.setattr(explain, "_PART_IMAGES", 10_000)
    made(own)

    assert in_parts.equals(stored(own))
    assert not parts_folder(own).exists()


@pytest.mark.usefixtures("small_parts")
def test_a_call_that_was_killed_goes_on_where_it_was(
    own: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = explain.as_rows
    calls = 0

    def dies(found: MapSet, method: str) -> pl.DataFrame:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return whole(found, method)

    monkeypatch.setattr(explain, "as_rows", dies)
    with pytest.raises(KeyboardInterrupt):
        made(own)
    assert len(list(parts_folder(own).glob("*.parquet"))) == 2
    monkeypatch.setattr(explain, "as_rows", whole)
    again = made(own)

    assert 0 < again.num_new < again.num_maps
    assert again.num_maps == stored(own).select("image_id", "finding").unique().height
    resumed = stored(own)
    own.results.path(own.run_id, HEATMAPS, DATASET).unlink()
    made(own)
    assert resumed.equals(stored(own))


@pytest.mark.usefixtures("small_parts")
def test_a_signal_stops_after_the_maps_at_hand_are_written(
    own: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.getsignal(signal.SIGTERM)

    def asks(stage: str, done: int, total: int) -> None:
        if done == 8:
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(Interrupted, match="Stopped after 8 of 24 images; the same command"):
        explain.run(own.run_id, DATASET, WHOLE, own.data, own.results, asks)

    assert signal.getsignal(signal.SIGTERM) is before
    num_findings = len(own.results.record(own.run_id).trained_findings)
    assert made(own).num_new == 16 * num_findings


def test_parts_of_other_weights_are_thrown_away(own: Stores) -> None:
    made(own)
    path = own.results.path(own.run_id, HEATMAPS, DATASET)
    parts_folder(own).mkdir()
    shutil.move(path, parts_folder(own) / "000000.parquet")

    assert made(own).num_new == made(own).num_maps


def test_more_findings_later_take_nothing_away(own: Stores) -> None:
    ids = tuple(own.data.dataset(DATASET).manifest["image_id"][:12])
    made(own, ExplainRequest(findings=(Finding.MASS,), image_ids=ids))
    made(own, ExplainRequest(image_ids=ids))
    both = stored(own)

    assert both.height == 2 * 12
    assert set(both["finding"]) == {"Effusion", "Mass"}
    assert not both.select(HEATMAPS.key).is_duplicated().any()


def test_methods_stand_beside_each_other(own: Stores) -> None:
    few = ExplainRequest(split=Split.TEST, limit=4)
    made(own, few)
    made(own, ExplainRequest(split=Split.TEST, limit=4, method="hirescam"))

    maps = stored(own)
    assert maps.group_by("method").len().sort("method").rows() == [("gradcam", 8), ("hirescam", 8)]
    # With mean pooling and a linear head the two methods are the same.
    ids = maps["image_id"].unique(maintain_order=True).to_list()
    grids = [
        read_maps(own.results, own.run_id, DATASET, method, ids, [Finding.MASS]).maps
        for method in ("gradcam", "hirescam")
    ]
    np.testing.assert_allclose(grids[0], grids[1], rtol=2e-3, atol=1e-3 * np.abs(grids[0]).max())


def test_an_unknown_method_is_one_sentence(own: Stores) -> None:
    with pytest.raises(ConfigError, match="Unknown saliency method 'gradcan'. Known .* gradcam"):
        made(own, ExplainRequest(method="gradcan"))


def test_maps_are_read_back_in_the_order_that_is_asked_for(own: Stores) -> None:
    made(own, ExplainRequest(split=Split.TEST, limit=5))
    maps = stored(own)
    ids = maps["image_id"].unique(maintain_order=True).to_list()[::-1]
    findings = [Finding.MASS, Finding.EDEMA, Finding.EFFUSION]

    found = read_maps(own.results, own.run_id, DATASET, "gradcam", [*ids, "missing"], findings)

    row = maps.filter(image_id=ids[1], finding="Effusion").row(0, named=True)
    values = np.array(row["values"], np.float32).reshape(row["height"], -1) * row["scale"]
    np.testing.assert_allclose(found.maps[1, 2], values)
    assert found.exists.tolist() == [[True, False, True]] * 5 + [[False] * 3]


def test_memory_does_not_hold_the_maps(own: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many images there are, at most one part waits."""
    monkeypatch.setattr(explain, "_PART_IMAGES", 8)
    waiting: list[int] = []
    concat = pl.concat

    def counted(frames: list[pl.DataFrame]) -> pl.DataFrame:
        waiting.append(sum(frame.height for frame in frames))
        return concat(frames)

    monkeypatch.setattr(explain.pl, "concat", counted)
    maps = iter_maps(100)
    written = list[pl.DataFrame]()
    parts = Recorder(written)

    num_maps = explain._write(parts, maps, "gradcam", 100, explain.silent)  # pyright: ignore

    assert num_maps == 100
    assert max(waiting) <= 8
    assert sum(frame.height for frame in written) == 100


class Recorder:
    """Keeps the parts that it is given."""

    def __init__(self, written: list[pl.DataFrame]) -> None:
        self.written = written

    def write(self, frame: pl.DataFrame) -> None:
        self.written.append(frame)


def iter_maps(num_images: int) -> Iterator[MapSet]:
    for start in range(0, num_images, 4):
        ids = np.array([f"i{start + k}" for k in range(4)])
        yield MapSet(ids, (Finding.MASS,), np.ones((4, 1, 2, 2), np.float32), np.ones((4, 1), "f4"))
