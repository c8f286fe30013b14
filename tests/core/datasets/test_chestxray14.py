from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from core.datasets.chestxray14 import index
from core.datasets.request import IndexRequest
from core.errors import DataError
from core.findings import FINDINGS
from core.tables import BOXES, MANIFEST
from tests.fixtures.releases import Release

STUDY_TRAIN_AND_TEST = {
    "Atelectasis": 9247 + 2312,
    "Cardiomegaly": 2221 + 555,
    "Consolidation": 3734 + 933,
    "Edema": 1842 + 461,
    "Effusion": 10654 + 2663,
    "Emphysema": 2013 + 503,
    "Fibrosis": 1349 + 337,
    "Hernia": 182 + 45,
    "Infiltration": 15915 + 3979,
    "Mass": 4626 + 1156,
    "Nodule": 5065 + 1266,
    "Pleural_Thickening": 2708 + 677,
    "Pneumonia": 1145 + 286,
    "Pneumothorax": 4242 + 1060,
}


def test_a_release_becomes_a_manifest_and_boxes(release: Release) -> None:
    tables = index(IndexRequest(release.root))
    manifest = MANIFEST.checked(tables.manifest, "manifest")
    first = manifest.row(2, named=True)
    assert first["image_id"] == "00000002_000.png"
    assert first["path"] == "images_001/images/00000002_000.png"
    assert (first["patient_id"], first["study_id"]) == ("2", "2_0")
    assert (first["view"], first["sex"], first["age_years"]) == ("PA", "F", 32.0)
    assert [finding for finding in FINDINGS if first[finding] == 1] == ["Effusion"]
    assert [first[finding] for finding in FINDINGS].count(0) == 13
    assert tables.split_name == "official"


def test_boxes_with_and_without_the_trailing_commas_are_the_same(release: Release) -> None:
    with_commas = index(IndexRequest(release.root)).boxes
    header, *rows = release.boxes.read_text().splitlines()
    release.boxes.write_text("\n".join([header, *(row.removesuffix(",,,") for row in rows)]))
    assert index(IndexRequest(release.root)).boxes.equals(with_commas)


def test_boxes_are_fractions_of_the_frame_of_1024_pixels(release: Release) -> None:
    boxes = BOXES.checked(index(IndexRequest(release.root)).boxes, "boxes")
    assert boxes.height == 2
    assert boxes.row(0)[2:] == (100 / 1024, 600 / 1024, 350 / 1024, 300 / 1024)


@pytest.mark.parametrize(("width", "is_read"), [(374.857147, True), (374.9, False)])
def test_a_box_may_pass_the_frame_by_the_rounding_of_its_decimals_alone(
    release: Release, width: float, is_read: bool
) -> None:
    row = f"00000008_000.png,Mass,649.142883,2,{width},4,,,"
    release.boxes.write_text(f"Image Index,Finding Label,Bbox [x,y,w,h],,,\n{row}\n")
    if is_read:
        box = index(IndexRequest(release.root)).boxes.row(0, named=True)
        assert box["x"] + box["width"] == 1
    else:
        with pytest.raises(DataError, match="no rectangle inside the 1024 x 1024 frame"):
            index(IndexRequest(release.root))


def test_the_box_label_infiltrate_is_the_finding_infiltration(release: Release) -> None:
    release.boxes.write_text(
        "Image Index,Finding Label,Bbox [x,y,w,h],,,\n00000008_000.png,Infiltrate,1,2,3,4,,,\n"
    )
    assert index(IndexRequest(release.root)).boxes["finding"].to_list() == ["Infiltration"]


def test_the_test_list_is_the_test_split(release: Release) -> None:
    manifest = index(IndexRequest(release.root)).manifest
    listed = (release.root / "test_list.txt").read_text().split()
    assert manifest.filter(split="test")["image_id"].to_list() == listed


def test_images_in_one_folder_are_found_too(release: Release) -> None:
    (release.root / "images_001" / "images").rename(release.root / "images")
    manifest = index(IndexRequest(release.root)).manifest
    assert manifest["path"][0] == "images/00000001_000.png"


@pytest.mark.parametrize(("age", "years"), [("058Y", 58.0), ("006M", 0.5), ("9", 9.0)])
def test_ages_of_the_first_release_are_years(release: Release, age: str, years: float) -> None:
    release.edit(2, 4, age)
    assert index(IndexRequest(release.root)).manifest["age_years"][0] == years


def test_an_age_of_the_2017_table_over_120_is_unknown_and_said(release: Release) -> None:
    release.edit(2, 4, "414")
    tables = index(IndexRequest(release.root))
    assert tables.manifest["age_years"][0] is None
    assert tables.notes == ("1 ages over 120 years were set to unknown.",)


def test_without_images_the_tables_alone_are_read(release: Release) -> None:
    release.image("00000001_000.png").unlink()
    assert index(IndexRequest(release.root, tables_only=True)).manifest.height == 18


def test_the_table_of_2017_is_read_where_there_is_no_revision(release: Release) -> None:
    revised = index(IndexRequest(release.root)).manifest
    release.table.rename(release.root / "Data_Entry_2017.csv")
    assert index(IndexRequest(release.root)).manifest.equals(revised)


def test_the_trailing_commas_of_the_table_of_2017_are_no_columns(release: Release) -> None:
    expected = index(IndexRequest(release.root)).manifest
    lines = release.table.read_text().splitlines()
    release.table.write_text("\n".join(f"{line},," for line in lines))
    assert index(IndexRequest(release.root)).manifest.equals(expected)


def test_rgba_images_are_no_fault(release: Release) -> None:
    path = release.image("00000001_000.png")
    with Image.open(path) as opened:
        opened.convert("RGBA").save(path)
    assert index(IndexRequest(release.root)).manifest.height == 18


def test_all_problems_are_reported_at_once(release: Release) -> None:
    release.edit(3, 1, "Rash")
    release.edit(5, 6, "OBLIQUE")
    release.image("00000004_000.png").unlink()
    with pytest.raises(DataError, match="3 problems were found") as caught:
        index(IndexRequest(release.root))
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize("folder", ["nowhere", "empty"])
def test_a_folder_without_a_release_is_one_sentence(tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=f"{folder}: "):
        index(IndexRequest(tmp_path / folder))


@pytest.mark.real
def test_the_whole_release_has_the_published_counts(real_data: Path) -> None:
    tables = index(IndexRequest(real_data / "nih_metadata", tables_only=True))
    manifest, boxes = tables.manifest, tables.boxes
    assert (manifest.height, manifest["patient_id"].n_unique()) == (112_120, 30_805)
    in_test = pl.col("split") == "test"
    train_val, test = manifest.filter(~in_test), manifest.filter(in_test)
    assert (train_val.height, test.height) == (86_524, 25_596)
    assert not set(train_val["patient_id"]) & set(test["patient_id"])
    assert (boxes.height, boxes["image_id"].n_unique()) == (984, 880)
    assert set(boxes["image_id"]) <= set(test["image_id"])
    assert {finding: manifest[finding].sum() for finding in FINDINGS} == STUDY_TRAIN_AND_TEST
