"""The share of attention on regions: of maps whose answer is known, and of stored maps."""

import shutil
from collections.abc import Mapping

import numpy as np
import polars as pl
import pytest

from core.datasets.regions import REGION_BOXES
from core.errors import DataError
from core.findings import FINDINGS, Finding
from core.imaging.geometry import Box, fit
from core.saliency.render import upsample
from core.stages import explain, regions
from core.stages.explain import ExplainRequest
from core.store import ResultStore
from core.store.heatmaps import read_maps
from core.tables import REGIONS
from tests.fixtures.pipeline import Stores

DATASET, FINDING = "chestxray14", Finding.EFFUSION
CORNER = {"x": 0.0, "y": 0.0, "width": 0.5, "height": 0.5}
RIGHT = {"x": 0.5, "y": 0.0, "width": 0.5, "height": 1.0}


@pytest.fixture(scope="module")
def explained(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Stores:
    """The finished pipeline with results of its own, and maps of the source's test images."""
    folder = tmp_path_factory.mktemp("regions") / "results"
    shutil.copytree(stores.results.root, folder)
    own = Stores(stores.data, ResultStore(folder), stores.run_id)
    explain.run(own.run_id, DATASET, ExplainRequest(), own.data, own.results)
    return own


@pytest.fixture(scope="module")
def image_ids(explained: Stores) -> list[str]:
    manifest = explained.data.dataset(DATASET).manifest
    return manifest.filter(split="test")["image_id"].to_list()


def boxes(
    image_ids: list[str], region: str, side: Mapping[str, float], finding: str | None = None
) -> pl.DataFrame:
    rows = [
        {"image_id": image_id, "region": region, "finding": finding, **side}
        for image_id in image_ids
    ]
    return pl.DataFrame(rows, REGION_BOXES)


def measure(explained: Stores, *tables: pl.DataFrame) -> pl.DataFrame:
    own = (explained.data, explained.results)
    return regions.run(explained.run_id, DATASET, pl.concat(tables), *own, num_resamples=20)


def test_the_share_is_that_of_the_drawn_maps_pixels_in_the_region(
    explained: Stores, image_ids: list[str]
) -> None:
    found = measure(explained, boxes(image_ids, "corner", CORNER))
    row = found.filter(grid="native", finding=str(FINDING)).row(0, named=True)
    stored = read_maps(
        explained.results, explained.run_id, DATASET, "gradcam", image_ids, [FINDING]
    )
    spec = explained.results.trained(explained.run_id).spec
    frame = fit(1024, 1024, spec.image).to_square(Box(**CORNER))
    shares: list[float] = []
    assert frame is not None
    for each in np.maximum(stored.maps[:, 0], 0):
        drawn = upsample(each, 224)
        inside = drawn[: round(frame.height * 224), : round(frame.width * 224)].sum()
        shares.append(inside / drawn.sum() if drawn.sum() else np.nan)

    assert row["value"] == pytest.approx(np.nanmean(shares), abs=1e-5)
    assert row["uniform"] == pytest.approx(0.25, abs=0.01)
    assert row["n"] == np.isfinite(shares).sum()
    assert row["ci_low"] <= row["value"] <= row["ci_high"]


def test_rectangles_of_a_region_are_taken_together(explained: Stores, image_ids: list[str]) -> None:
    below = CORNER | {"y": 0.5}
    frame = measure(
        explained,
        boxes(image_ids, "whole", CORNER),
        boxes(image_ids, "whole", below),
        boxes(image_ids, "whole", RIGHT),
        boxes(image_ids, "whole", RIGHT, finding=str(FINDING)),
    )
    row = frame.filter(grid="common", finding=str(FINDING)).row(0, named=True)

    assert row["value"] == pytest.approx(1)
    assert row["uniform"] == pytest.approx(1)


def test_a_region_of_one_finding_is_left_out_of_the_others(
    explained: Stores, image_ids: list[str]
) -> None:
    frame = measure(
        explained,
        boxes(image_ids, "all", CORNER),
        boxes(image_ids[:1], "drain", CORNER, finding=str(FINDING)),
    )

    assert set(frame.filter(region="drain")["finding"]) == {str(FINDING)}
    seen = frame.select("region", maps=pl.col("n") + pl.col("n_undefined"))
    assert set(seen.iter_rows()) == {("drain", 1), ("all", len(image_ids))}


def test_other_regions_of_a_run_stay_in_its_table(explained: Stores, image_ids: list[str]) -> None:
    measure(explained, boxes(image_ids, "first", CORNER))
    measure(explained, boxes(image_ids, "second", CORNER))
    stored = explained.results.read(explained.run_id, REGIONS)

    assert {"first", "second"} <= set(stored["region"])
    assert stored.height == stored.unique(list(REGIONS.key)).height


def test_regions_of_another_split_are_one_sentence(explained: Stores) -> None:
    manifest = explained.data.dataset(DATASET).manifest
    training = manifest.filter(split="train")["image_id"].to_list()
    with pytest.raises(DataError, match="no image of its test split has a region"):
        measure(explained, boxes(training, "corner", CORNER))


def test_a_region_of_a_finding_that_was_not_trained_is_one_sentence(
    explained: Stores, image_ids: list[str]
) -> None:
    trained = explained.results.trained(explained.run_id).trained_findings
    other = next(finding for finding in FINDINGS if finding not in trained)
    with pytest.raises(DataError, match="belongs to a region"):
        measure(explained, boxes(image_ids, "corner", CORNER, finding=str(other)))
