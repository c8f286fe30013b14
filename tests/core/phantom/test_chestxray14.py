import csv

import numpy as np
import polars as pl

from core.findings import FINDINGS
from core.phantom.chestxray14 import BOXED
from core.phantom.hospitals import TARGET
from core.phantom.write import PhantomSummary


def truth(summary: PhantomSummary) -> pl.DataFrame:
    return pl.read_parquet(summary.ground_truth / f"{TARGET}-images.parquet")


def test_chestxray14_tables_have_the_releases_headers(small_phantom: PhantomSummary) -> None:
    entries = (small_phantom.target / "Data_Entry_2017_v2020.csv").read_text().splitlines()
    boxes = (small_phantom.target / "BBox_List_2017.csv").read_text().splitlines()
    assert entries[0] == (
        "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,"
        "View Position,OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]"
    )
    assert boxes[0] == "Image Index,Finding Label,Bbox [x,y,w,h],,,"
    assert {len(row) for row in csv.reader(entries)} == {11}
    assert {len(row) for row in csv.reader(boxes[1:])} == {6}


def test_chestxray14_labels_are_the_given_ones(small_phantom: PhantomSummary) -> None:
    text = (small_phantom.target / "Data_Entry_2017_v2020.csv").read_text()
    rows = csv.reader(text.splitlines())
    next(rows)
    images = truth(small_phantom)
    for row, image in zip(rows, images.iter_rows(named=True), strict=True):
        given = [str(finding) for finding in FINDINGS if image[f"given_{finding}"]]
        assert row[0] == image["image_id"]
        assert row[1] == ("|".join(given) or "No Finding")
        assert row[0] == f"{int(row[3]):08d}_{int(row[2]):03d}.png"


def test_chestxray14_lists_part_the_images_by_patient(small_phantom: PhantomSummary) -> None:
    lists = [
        (small_phantom.target / name).read_text().split()
        for name in ("train_val_list.txt", "test_list.txt")
    ]
    train_val, test = ({name[:8] for name in listed} for listed in lists)
    assert not train_val & test
    assert sorted(lists[0] + lists[1]) == truth(small_phantom)["image_id"].to_list()


def test_chestxray14_boxes_are_the_true_positives_of_the_test_images(
    small_phantom: PhantomSummary,
) -> None:
    text = (small_phantom.target / "BBox_List_2017.csv").read_text()
    rows = list(csv.reader(text.splitlines()))[1:]
    images = truth(small_phantom).filter(split="test")
    expected = {
        (image["image_id"], BOXED[finding]): image[f"box_{finding}"]
        for image in images.iter_rows(named=True)
        for finding in BOXED
        if image[f"present_{finding}"] and image[f"given_{finding}"]
    }
    assert {(row[0], row[1]) for row in rows} == set(expected)
    assert expected
    for row in rows:
        box = np.array([float(side) for side in row[2:]])
        assert np.allclose(box / 1024, expected[row[0], row[1]], atol=1e-6)
        assert np.all(box >= 0)
        assert np.all(box[:2] + box[2:] <= 1024)
