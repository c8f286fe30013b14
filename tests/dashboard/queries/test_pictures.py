import numpy as np
import polars as pl
import pytest

from core.tables import HEATMAPS
from dashboard.queries.pictures import (
    is_hidden,
    mapped_datasets,
    maps,
    native_map,
    outlines,
    peak,
    radiograph,
)
from dashboard.queries.reading import Run, dataset, images
from dashboard.stores import Stores

IMAGE = "phantom-north-0003.png"


def test_a_radiograph_is_the_row_of_its_image(phantom: Stores, run: Run) -> None:
    cached = images(phantom, "phantom-north", run.record.spec.image)
    assert cached is not None
    place = dataset(phantom, "phantom-north").manifest["image_id"].to_list().index(IMAGE)

    found = radiograph(phantom, "phantom-north", run.run_id, IMAGE)

    assert found is not None
    np.testing.assert_array_equal(found, cached.pixels[place])


@pytest.mark.parametrize(
    ("name", "run_id", "image_id"),
    [
        ("phantom-north", "{run}", "../../secret"),
        ("phantom-north", "../{run}", IMAGE),
        ("../data/phantom-north", "{run}", IMAGE),
        ("phantom-north", "{run}", ""),
    ],
)
def test_names_that_the_stores_do_not_list_have_no_picture(
    phantom: Stores, run: Run, name: str, run_id: str, image_id: str
) -> None:
    run_id = run_id.format(run=run.run_id)

    assert radiograph(phantom, name, run_id, image_id) is None
    assert native_map(phantom, name, run_id, "Edema", image_id) is None


def test_a_map_is_its_stored_values_times_their_scale(phantom: Stores, run: Run) -> None:
    row = (
        maps(phantom, run.run_id, "phantom-north")
        .filter(image_id=IMAGE, finding="Edema")
        .to_dicts()[0]
    )

    found = native_map(phantom, "phantom-north", run.run_id, "Edema", IMAGE)

    assert found is not None
    assert found.values.shape == (row["height"], row["width"])
    assert found.values[1, 2] == pytest.approx(
        row["values"][row["width"] + 2] * row["scale"], rel=1e-6
    )


def test_the_peak_is_the_highest_value_of_any_map(phantom: Stores, run: Run) -> None:
    every = [
        max(row["values"]) * row["scale"]
        for row in maps(phantom, run.run_id, "phantom-north").to_dicts()
    ]

    assert peak(phantom, run.run_id, "phantom-north") == pytest.approx(max(every), rel=1e-6)


def test_the_peak_of_no_maps_is_zero(phantom: Stores, run: Run) -> None:
    assert peak(phantom, run.run_id, "elsewhere") == 0


def test_a_box_lands_where_its_finding_is_on_the_cropped_square(phantom: Stores, run: Run) -> None:
    boxes = dataset(phantom, "phantom-north").boxes.filter(pl.col("finding") == "Mass")
    row = boxes.to_dicts()[0]

    found = outlines(
        phantom, "phantom-north", run.record.spec.image, row["image_id"], ["Mass", "Nodule"]
    )

    box = next(each.frame for each in found if each.finding == "Mass")
    # The originals are 1200 × 1000, so the central square shows x from 1/12 to 11/12.
    assert box.x == pytest.approx((row["x"] - 1 / 12) * 1.2)
    assert box.width == pytest.approx(row["width"] * 1.2)
    assert (box.y, box.height) == pytest.approx((row["y"], row["height"]))
    assert {each.finding for each in found} <= {"Mass", "Nodule"}


def test_maps_are_listed_by_data_set(own: Stores, run: Run) -> None:
    assert mapped_datasets(own, run.run_id) == ("chestxray14", "guangzhou", "phantom-north")

    own.results.path(run.run_id, HEATMAPS, "guangzhou").unlink()

    assert mapped_datasets(own, run.run_id) == ("chestxray14", "phantom-north")


def test_restricted_data_and_runs_trained_on_them_are_hidden(own: Stores, run: Run) -> None:
    assert not is_hidden(own, "guangzhou", [run.run_id])
    known = run.record.datasets
    source = known["chestxray14"].model_copy(update={"restricted": True})
    datasets = known | {"chestxray14": source}
    own.results.write_record(run.record.model_copy(update={"datasets": datasets}))
    found = dataset(own, "phantom-north")
    closed = found.record.model_copy(update={"restricted": True})
    own.data.write_dataset(closed, found.manifest, found.boxes)

    assert is_hidden(own, "guangzhou", [run.run_id])
    assert is_hidden(own, "phantom-north")
    assert not is_hidden(own, "guangzhou")
    assert not is_hidden(Stores(own.data, own.results, allow_restricted=True), "phantom-north")


def test_results_that_travel_without_their_data_stay_restricted(own: Stores, run: Run) -> None:
    known = run.record.datasets
    closed = known["guangzhou"].model_copy(update={"restricted": True})
    record = run.record.model_copy(update={"datasets": known | {"guangzhou": closed}})
    own.results.write_record(record)
    (own.data.folder("guangzhou") / "manifest.parquet").unlink()

    assert is_hidden(own, "guangzhou", [run.run_id])
