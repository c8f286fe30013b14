"""A bundle shows what its store showed, without the images and without what is restricted."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from core.errors import ConfigError
from core.stages import bundle
from core.store import DataStore, ResultStore
from core.store.data import Dataset
from core.tables import HEATMAPS, METRICS, PREDICTIONS, REGIONS, REPLICATES
from dashboard.queries.all_runs import all_runs
from dashboard.queries.cells import Place
from dashboard.queries.leaderboard import leaderboard
from dashboard.queries.pictures import native_map, outlines, radiograph
from dashboard.stores import Stores
from tests.fixtures.imported_runs import Places

MAIN = Path(__file__).parents[2] / "dashboard" / "main.py"
TARGET = "phantom-north"
WHERE = Place(TARGET, "test", "source-val")


def made(stores: Stores, out: Path, allow_restricted: bool = False) -> bundle.Bundled:
    run_ids = (*stores.results.run_ids(), *stores.results.import_ids())
    return bundle.run(out, run_ids, stores.data, stores.results, allow_restricted)


def opened(out: Path) -> Stores:
    return Stores(DataStore(out / "data"), ResultStore(out / "results"))


def restricted(stores: Stores, name: str) -> Dataset:
    found = stores.data.dataset(name)
    closed = found.record.model_copy(update={"restricted": True})
    for run_id in stores.results.run_ids():
        record = stores.results.record(run_id)
        stores.results.write_record(
            record.model_copy(update={"datasets": record.datasets | {name: closed}})
        )
    return stores.data.write_dataset(closed, found.manifest, found.boxes)


def test_the_leaderboard_is_the_same(phantom: Stores, tmp_path: Path) -> None:
    made(phantom, tmp_path / "bundle")
    there = opened(tmp_path / "bundle")

    ours, theirs = (leaderboard(each, all_runs(each), WHERE) for each in (phantom, there))

    assert [row.cell for row in theirs.ranked] == [row.cell for row in ours.ranked]
    assert theirs.tie == ours.tie


def test_explained_images_travel_as_thumbnails_with_maps_and_boxes(
    phantom: Stores, tmp_path: Path
) -> None:
    found = made(phantom, tmp_path / "bundle")
    there = opened(tmp_path / "bundle")
    run_id = phantom.results.run_ids()[0]
    record = phantom.results.record(run_id)
    maps = phantom.results.read(run_id, HEATMAPS, TARGET)
    first = maps.row(0, named=True)

    for image_id in maps["image_id"].unique():
        ours = radiograph(phantom, TARGET, run_id, image_id)
        theirs = radiograph(there, TARGET, run_id, image_id)
        assert ours is not None
        assert theirs is not None
        assert np.array_equal(ours, theirs)
        assert outlines(there, TARGET, record.spec.image, image_id, [first["finding"]]) == outlines(
            phantom, TARGET, record.spec.image, image_id, [first["finding"]]
        )
    assert native_map(there, TARGET, run_id, first["finding"], first["image_id"]) is not None
    assert found.num_thumbnails > 0
    assert not list((tmp_path / "bundle").rglob("*.npy"))


def test_an_image_that_no_map_explains_stays_at_home(phantom: Stores, tmp_path: Path) -> None:
    made(phantom, tmp_path / "bundle")
    run_id = phantom.results.run_ids()[0]
    explained = set(phantom.results.read(run_id, HEATMAPS, TARGET)["image_id"])
    other = next(
        each for each in phantom.data.dataset(TARGET).manifest["image_id"] if each not in explained
    )

    assert radiograph(opened(tmp_path / "bundle"), TARGET, run_id, other) is None


def test_no_path_of_this_machine_travels(phantom: Stores, tmp_path: Path) -> None:
    made(phantom, tmp_path / "bundle")

    there = opened(tmp_path / "bundle")

    assert there.data.dataset(TARGET).record.root == ""
    for run in all_runs(there).read:
        assert {each.root for each in run.record.datasets.values()} == {""}


def test_of_a_restricted_target_only_large_aggregates_travel(own: Stores, tmp_path: Path) -> None:
    restricted(own, TARGET)

    found = made(own, tmp_path / "bundle")

    there = opened(tmp_path / "bundle")
    run_id = own.results.run_ids()[0]
    assert TARGET not in there.data.names()
    assert not there.results.has(run_id, PREDICTIONS, TARGET)
    assert not there.results.has(run_id, HEATMAPS, TARGET)
    here = pl.col("dataset") == TARGET
    ours = own.results.read(run_id, METRICS).filter(here)
    theirs = there.results.read(run_id, METRICS).filter(here)
    few = ours["flag"].fill_null("").str.contains("few-positives") | (ours["n_patients"] < 10)
    assert 0 < theirs.height == (~few).sum() < ours.height
    kept = there.results.read(run_id, REPLICATES).filter(here).select(METRICS.key)
    assert kept.sort(METRICS.key).equals(theirs.select(METRICS.key).sort(METRICS.key))
    assert f"{TARGET} is restricted: its tables and images stay here." in found.left_out


@pytest.mark.parametrize(("num_patients", "travels"), [(9, False), (10, True)])
def test_attention_over_few_patients_of_a_restricted_target_stays(
    own: Stores, tmp_path: Path, num_patients: int, travels: bool
) -> None:
    restricted(own, TARGET)
    run_id = own.results.run_ids()[0]
    row = dict.fromkeys(("value", "uniform"), 0.1) | {"n": 40, "n_patients": num_patients}
    row |= {"dataset": TARGET, "split": "test", "method": "gradcam", "grid": "common"}
    row |= {"region": "token", "finding": "Mass", "n_undefined": 0, "n_resamples": 0}
    own.results.write(run_id, REGIONS, pl.DataFrame([row], REGIONS.schema))

    made(own, tmp_path / "bundle")

    told = opened(tmp_path / "bundle").results.read(run_id, REGIONS)
    assert told.height == int(travels)


def test_runs_trained_on_restricted_data_keep_maps_and_predictions_at_home(
    own: Stores, tmp_path: Path
) -> None:
    restricted(own, "chestxray14")

    made(own, tmp_path / "bundle")

    there = opened(tmp_path / "bundle")
    run_id = own.results.run_ids()[0]
    assert there.results.datasets_with(run_id, PREDICTIONS) == ()
    assert there.results.datasets_with(run_id, HEATMAPS) == ()
    assert there.data.names() == ("guangzhou", TARGET)


def test_whoever_may_pass_restricted_data_on_says_so(own: Stores, tmp_path: Path) -> None:
    restricted(own, TARGET)

    found = made(own, tmp_path / "bundle", allow_restricted=True)

    assert found.left_out == ()
    assert TARGET in opened(tmp_path / "bundle").data.names()


def test_an_opened_bundle_ranks_imported_runs_above_the_reference_rows(
    imported: Places, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made(Stores(imported.data, imported.results), tmp_path / "bundle")
    there = opened(tmp_path / "bundle")
    monkeypatch.setenv("CXR_DATA", str(there.data.root))
    monkeypatch.setenv("CXR_RESULTS", str(there.results.root))

    app = AppTest.from_file(str(MAIN), default_timeout=30).run()

    said = "".join(str(each.proto.body) for each in app.get("html"))  # pyright: ignore[reportAttributeAccessIssue]
    assert not app.exception
    places = [said.index(f">{name}<") for name in ("strong", "weak", "stranger", "metadata-only")]
    assert places == sorted(places)
    assert "the highest observed" in said


def test_a_folder_that_holds_something_is_refused(phantom: Stores, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")

    with pytest.raises(ConfigError, match="is not empty; give a new folder"):
        made(phantom, tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
