"""The highest point of a map, found again in the original image."""

import numpy as np
import polars as pl
import pytest
from PIL import Image

from core.findings import FINDINGS, Finding
from core.records import RunRecord, RunStatus
from core.specs import ImageSpec, RunSpec
from core.stages import cache, peaks
from core.store import DataStore, ResultStore
from core.store.heatmaps import MapSet, as_rows
from core.tables import BOXES, HEATMAPS, MANIFEST
from tests.fixtures.records import dataset_record

WIDTH, HEIGHT = 300, 200


@pytest.fixture
def places(tmp_path_factory: pytest.TempPathFactory) -> tuple[DataStore, ResultStore]:
    folder = tmp_path_factory.mktemp("peaks")
    Image.fromarray(np.full((HEIGHT, WIDTH), 90, np.uint8)).save(folder / "wide.png")
    record = dataset_record(root=str(folder))
    row = {"image_id": "wide", "patient_id": "p", "study_id": "s", "path": "wide.png"}
    row |= {"split": "test", "view": "PA", "sex": "F", "age_years": 50.0}
    manifest = pl.DataFrame([row | dict.fromkeys(FINDINGS)], MANIFEST.schema)
    data = DataStore(folder / "data")
    data.write_dataset(record, manifest, BOXES.empty())
    return data, ResultStore(folder / "results")


def add_run(places: tuple[DataStore, ResultStore], geometry: str, maps: np.ndarray) -> str:
    data, results = places
    image = ImageSpec.model_validate({"size": 64, "geometry": geometry})
    cache.run(data, "own", image)
    spec = RunSpec(source="own", backbone="resnet50", image=image)
    findings = (Finding.MASS, Finding.NODULE)
    results.write_record(RunRecord(spec=spec, status=RunStatus.DONE, trained_findings=findings))
    found = MapSet(
        np.array(["wide"]), findings, maps[None].astype("f4"), np.full((1, 2), 0.5, "f4")
    )
    results.write(spec.run_id, HEATMAPS, as_rows(found, "gradcam"), "own")
    return spec.run_id


@pytest.mark.parametrize(
    ("geometry", "x", "y"),
    [
        # The cell's centre lies at 5.5 / 8 across and 2.5 / 8 down the square.
        ("crop", 50 + 200 * 5.5 / 8, 200 * 2.5 / 8),
        # 200 of 300 pixels fill 43 of 64 rows, under a black band of 10.
        ("pad", 300 * 5.5 / 8, 200 * (64 * 2.5 / 8 - 10) / 43),
        ("squash", 300 * 5.5 / 8, 200 * 2.5 / 8),
    ],
)
def test_the_peak_is_carried_back_through_the_geometry(
    places: tuple[DataStore, ResultStore], geometry: str, x: float, y: float
) -> None:
    maps = np.full((2, 8, 8), -1.0)
    maps[0, 2, 5] = 3

    found = peaks.run(add_run(places, geometry, maps), "own", ["wide"], *places)

    mass = found.row(0, named=True)
    assert (mass["x"], mass["y"]) == (pytest.approx(x, abs=1), pytest.approx(y, abs=1))
    assert mass["peak"] == pytest.approx(3, rel=0.1)


def test_a_map_without_a_positive_value_has_no_peak(
    places: tuple[DataStore, ResultStore],
) -> None:
    maps = np.full((2, 8, 8), -1.0)

    found = peaks.run(add_run(places, "crop", maps), "own", ["wide"], *places)

    assert found["x"].is_null().all()
    assert found["y"].is_null().all()
    assert found["finding"].to_list() == ["Mass", "Nodule"]
