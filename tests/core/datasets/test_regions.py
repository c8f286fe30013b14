from pathlib import Path

import polars as pl
import pytest

from core.datasets.regions import REGION_BOXES, read_regions
from core.errors import DataError

MANIFEST = pl.DataFrame({"image_id": ["a.png", "b.png"]})
HEADER = "image_id,region,x,y,width,height"


def write(tmp_path: Path, *lines: str, header: str = HEADER) -> Path:
    path = tmp_path / "regions.csv"
    path.write_text("\n".join((header, *lines)) + "\n")
    return path


def test_a_region_without_a_finding_holds_for_all_of_them(tmp_path: Path) -> None:
    frame = read_regions(write(tmp_path, "a.png,token,0.9,0,0.1,0.05"), MANIFEST)

    assert frame.schema == REGION_BOXES
    assert frame.row(0) == ("a.png", "token", None, 0.9, 0, 0.1, 0.05)


def test_a_finding_is_read_under_any_of_its_names(tmp_path: Path) -> None:
    lines = ("a.png,drain,0,0,1,1,pneumothorax", "b.png,drain,0,0,1,1,")
    frame = read_regions(write(tmp_path, *lines, header=f"{HEADER},finding"), MANIFEST)

    assert frame["finding"].to_list() == ["Pneumothorax", None]


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("c.png,token,0,0,1,1", "row 2: image 'c.png' is not in the manifest"),
        (",token,0,0,1,1", "row 2: image_id is blank"),
        ("a.png,,0,0,1,1", "row 2: region is blank"),
        ("a.png,token,0.9,0,0.2,1", "row 2: 0.9, 0, 0.2, 1 is no rectangle inside the image"),
        ("a.png,token,100,600,350,300", "give fractions of it"),
        ("a.png,token,-0.1,0,0.2,1", "no rectangle inside the image"),
        ("a.png,token,0,0,0,1", "no rectangle inside the image"),
        ("a.png,token,left,0,1,1", "no rectangle inside the image"),
        ("a.png,token,nan,0,1,1", "no rectangle inside the image"),
        ("a.png,token,,0,1,1", "no rectangle inside the image"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, row: str, complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        read_regions(write(tmp_path, row), MANIFEST)


def test_all_faults_are_reported_at_once(tmp_path: Path) -> None:
    lines = ("c.png,token,0,0,1,1,", "a.png,token,0,0,2,1,", "a.png,token,0,0,1,1,lungs")
    with pytest.raises(DataError) as error:
        read_regions(write(tmp_path, *lines, header=f"{HEADER},finding"), MANIFEST)

    for number, what in ((2, "not in the manifest"), (3, "no rectangle"), (4, "unknown finding")):
        assert any(f"row {number}:" in line and what in line for line in error.value.problems)
