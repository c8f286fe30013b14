"""The phantom's two folders are read by the adapters that read the real releases."""

from pathlib import Path

import polars as pl
import pytest

from core.datasets import DATASETS
from core.datasets.request import IndexedTables, IndexRequest
from core.findings import FINDINGS
from core.phantom.spec import PhantomSpec
from core.phantom.write import PhantomSummary, write_phantom
from core.tables import BOXES, MANIFEST


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> PhantomSummary:
    spec = PhantomSpec(num_patients=12, size=64)
    return write_phantom(tmp_path_factory.mktemp("phantom") / "out", spec, num_processes=1)


def indexed(adapter: str, root: Path, label_source: str | None = None) -> IndexedTables:
    return DATASETS[adapter].index(IndexRequest(root=root, label_source=label_source))


def truth(written: PhantomSummary, hospital: str) -> pl.DataFrame:
    return pl.read_parquet(written.ground_truth / f"{hospital}-images.parquet")


def test_the_source_is_read_as_mimic_with_all_labels_as_given(written: PhantomSummary) -> None:
    manifest = MANIFEST.checked(indexed("mimic", written.source).manifest, "manifest")
    known = truth(written, "mimic-cxr-jpg")
    joined = manifest.join(known, on="image_id", suffix="_truth", validate="1:1")
    assert joined.height == manifest.height == written.num_source_images
    for finding in FINDINGS:
        assert joined[finding].to_list() == joined[f"given_{finding}"].cast(pl.Int8).to_list()


def test_empty_view_positions_are_resolved(written: PhantomSummary) -> None:
    manifest = indexed("mimic", written.source).manifest
    joined = manifest.join(truth(written, "mimic-cxr-jpg"), on="image_id", suffix="_truth")
    assert joined["view"].equals(joined["view_truth"], check_names=False)


@pytest.mark.parametrize("label_source", ["chexpert7", "negbio7"])
def test_the_labellers_files_annotate_seven_findings(
    written: PhantomSummary, label_source: str
) -> None:
    manifest = indexed("mimic", written.source, label_source).manifest
    annotated = [name for name in FINDINGS if manifest[name].null_count() < manifest.height]
    assert len(annotated) == 7
    cells = {cell for name in annotated for cell in manifest[name].to_list()}
    assert {1, 0, -2} <= cells <= {1, 0, -1, -2}


def test_the_target_is_read_as_chestxray14_with_its_boxes(written: PhantomSummary) -> None:
    tables = indexed("chestxray14", written.target)
    manifest = MANIFEST.checked(tables.manifest, "manifest")
    boxes = BOXES.checked(tables.boxes, "boxes")
    known = truth(written, "chestxray14")
    joined = manifest.join(known, on="image_id", suffix="_truth", validate="1:1")
    assert joined.height == manifest.height == written.num_target_images
    for finding in FINDINGS:
        assert joined[finding].to_list() == joined[f"given_{finding}"].cast(pl.Int8).to_list()
    assert boxes.height > 0
    in_test = set(manifest.filter(split="test")["image_id"])
    assert set(boxes["image_id"]) <= in_test
    for image_id, finding, *sides in boxes.iter_rows():
        row = known.filter(pl.col("image_id") == image_id).row(0, named=True)
        assert row[f"box_{finding}"] == pytest.approx(sides, abs=0.002)
