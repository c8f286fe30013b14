from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from core.datasets.chestxray14 import index
from core.datasets.request import IndexRequest
from core.errors import ConfigError, DataError
from core.findings import FINDINGS
from core.tables import BOXES, MANIFEST
from tests.fixtures.releases import Release, draw

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


def _write_lists(folder: Path, **parts: list[str]) -> Path:
    folder.mkdir()
    for part, names in parts.items():
        lines = "".join(f"{name} 0 1 0\n" for name in names)
        (folder / f"{part}_list.txt").write_text(lines)
    return folder


@pytest.fixture
def chexnet(release: Release, tmp_path: Path) -> Path:
    """Lists of the fixture's 9 patients: 1 to 5 train, 6 and 7 validation, 8 and 9 test."""
    names = [row[0] for row in release.rows()[1:]]
    parts = {"train": names[:10], "val": names[10:14], "test": names[14:]}
    return _write_lists(tmp_path / "lists", **parts)


def test_random_lists_that_the_user_gives_are_named_random(release: Release, chexnet: Path) -> None:
    tables = index(IndexRequest(release.root, split="chexnet", lists=chexnet))
    assert tables.manifest["split"].to_list() == ["train"] * 10 + ["val"] * 4 + ["test"] * 4
    assert tables.split_name == "random (CheXNet lists)"


def test_all_images_are_test_images_by_name_and_need_no_lists(release: Release) -> None:
    (release.root / "test_list.txt").unlink()
    tables = index(IndexRequest(release.root, split="all"))
    assert set(tables.manifest["split"]) == {"test"}
    assert (tables.manifest.height, tables.split_name) == (18, "all images as test")


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


@pytest.mark.parametrize(
    ("split", "given", "sentence"),
    [
        ("chexnet", False, "--split chexnet and --lists FOLDER belong together"),
        ("official", True, "--split chexnet and --lists FOLDER belong together"),
        ("by-patient", False, "Known split policies: all, chexnet, official"),
    ],
)
def test_a_split_that_cannot_be_is_one_sentence(
    release: Release, chexnet: Path, split: str, given: bool, sentence: str
) -> None:
    request = IndexRequest(release.root, split=split, lists=chexnet if given else None)
    with pytest.raises(ConfigError, match=sentence):
        index(request)


def _append(name: str, line: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        path = folder / name
        path.write_text(path.read_text() + line + "\n")

    return write


BAD_LISTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "stranger": (_append("val_list.txt", "99.png 0"), "val_list.txt: names 1 images .* '99.png'"),
    "image in two lists": (
        _append("test_list.txt", "00000001_000.png 0"),
        "row 2: image '00000001_000.png' is in both lists: in test_list.txt and in train_list.txt",
    ),
    "list missing": (lambda folder: (folder / "val_list.txt").unlink(), "val_list.txt: there is"),
    "list not UTF-8": (
        lambda folder: (folder / "val_list.txt").write_bytes(b"\xff\xfe"),
        "val_list.txt: is no text file in UTF-8",
    ),
    "list empty": (
        lambda folder: (folder / "val_list.txt").write_text(""),
        "row 12: image '00000006_000.png' is neither in train_list.txt nor in val_list.txt",
    ),
}


@pytest.mark.parametrize("name", BAD_LISTS)
def test_a_bad_list_is_named(release: Release, chexnet: Path, name: str) -> None:
    spoil, sentence = BAD_LISTS[name]
    spoil(chexnet)
    with pytest.raises(DataError, match=sentence):
        index(IndexRequest(release.root, split="chexnet", lists=chexnet))


def test_a_patient_in_two_random_lists_is_refused(release: Release, tmp_path: Path) -> None:
    names = [row[0] for row in release.rows()[1:]]
    lists = _write_lists(tmp_path / "torn", train=names[0::3], val=names[1::3], test=names[2::3])
    with pytest.raises(DataError, match="patient '1' is in train and val"):
        index(IndexRequest(release.root, split="chexnet", lists=lists))


def _remove_image(release: Release) -> None:
    release.image("00000003_001.png").unlink()


def _truncate_image(release: Release) -> None:
    path = release.image("00000003_001.png")
    path.write_bytes(path.read_bytes()[:-20])


def _replace_image(release: Release) -> None:
    release.image("00000003_001.png").write_text("<html>404</html>")


def _link_outside(release: Release) -> None:
    draw(release.root.parent / "outside.png", seed=1, bright=False)
    path = release.image("00000003_001.png")
    path.unlink()
    path.symlink_to(release.root.parent / "outside.png")


def _cell(column: int, cell: str) -> Callable[[Release], None]:
    return lambda release: release.edit(7, column, cell)


def _no_table(release: Release) -> None:
    release.table.unlink()


def _empty_table(release: Release) -> None:
    release.table.write_text("")


def _header_alone(release: Release) -> None:
    release.table.write_text(release.table.read_text().splitlines()[0] + "\n")


def _latin1(release: Release) -> None:
    release.table.write_bytes(release.table.read_bytes().replace(b"No Finding", b"No F\xefnding"))


def _unclosed_quote(release: Release) -> None:
    text = release.table.read_text()
    release.table.write_text(text.replace("00000003_001.png,", '00000003_001.png,"', 1))


def _ragged(release: Release) -> None:
    lines = release.table.read_text().splitlines()
    lines[6] += ",1,2,3"
    release.table.write_text("\n".join(lines))


def _no_labels(release: Release) -> None:
    release.edit(1, 1, "Labels")


def _two_labels(release: Release) -> None:
    release.edit(1, 2, "Finding Labels")


def _no_list(release: Release) -> None:
    (release.root / "test_list.txt").unlink()


def _stranger_in_list(release: Release) -> None:
    path = release.root / "test_list.txt"
    path.write_text(path.read_text() + "\n99999999_000.png\n")


def _in_no_list(release: Release) -> None:
    path = release.root / "train_val_list.txt"
    path.write_text(path.read_text().replace("00000003_001.png\n", ""))


def _in_both_lists(release: Release) -> None:
    path = release.root / "test_list.txt"
    path.write_text(path.read_text() + "\n00000003_001.png\n")


def _box(line: str) -> Callable[[Release], None]:
    def write(release: Release) -> None:
        release.boxes.write_text(f"Image Index,Finding Label,Bbox [x,y,w,h],,,\n{line}\n")

    return write


BAD_INPUT: dict[str, tuple[Callable[[Release], None], str]] = {
    "image missing": (_remove_image, r"row 7: image .*00000003_001.png there is no such"),
    "image truncated": (_truncate_image, r"row 7: image .*00000003_001.png is truncated"),
    "image is a web page": (_replace_image, r"row 7: .* is neither a PNG nor a JPEG"),
    "link out of the folder": (_link_outside, r"row 7: .* lies outside"),
    "unknown finding": (_cell(1, "Effusion|Rash"), r"row 7: unknown finding 'Rash'"),
    "label blank": (_cell(1, ""), r"row 7: labels is blank"),
    "finding and none": (_cell(1, "No Finding|Mass"), r"row 7: .* No Finding and findings"),
    "image given twice": (_cell(0, "00000001_000.png"), r"rows 2, 7: image_id .* more than once"),
    "patient blank": (_cell(3, ""), r"row 7: patient_id is blank"),
    "patient on two sides": (_cell(3, "9"), r"patient '9' is in test and"),
    "unknown view": (_cell(6, "OBLIQUE"), r"row 7: unknown view 'OBLIQUE'"),
    "unknown sex": (_cell(5, "X"), r"row 7: unknown sex 'X'"),
    "age is no number": (_cell(4, "old"), r"row 7: age 'old'"),
    "quoting never closed": (_unclosed_quote, r"is no CSV file in UTF-8"),
    "row with a column more": (_ragged, r"is no CSV file in UTF-8"),
    "label of a part of a name": (_cell(1, "Mas"), r"row 7: unknown finding 'Mas'"),
    "traversal": (_cell(0, "../x.png"), r"row 7: image '../x.png' is neither"),
    "no table": (_no_table, r"holds neither Data_Entry_2017_v2020.csv"),
    "empty table": (_empty_table, r"the file is empty"),
    "header alone": (_header_alone, r"the table has no rows"),
    "not UTF-8": (_latin1, r"no CSV file in UTF-8"),
    "column missing": (_no_labels, r"column Finding Labels is missing; found"),
    "column given twice": (_two_labels, r"column Finding Labels is given more than once"),
    "list missing": (_no_list, r"test_list.txt: there is no such file"),
    "stranger in a list": (_stranger_in_list, r"names 1 images .* '99999999_000.png'"),
    "in no list": (_in_no_list, r"row 7: image '00000003_001.png' is neither in"),
    "in both lists": (_in_both_lists, r"row 7: image '00000003_001.png' is in both"),
    "box of a stranger": (_box("x.png,Mass,1,2,3,4,,,"), r"row 2: image 'x.png' is not in"),
    "box of no finding": (_box("00000008_000.png,Rash,1,2,3,4,,,"), r"row 2: unknown finding"),
    "box outside": (
        _box("00000008_000.png,Mass,900,2,300,4,,,"),
        r"row 2: .* no rectangle",
    ),
    "box inverted": (_box("00000008_000.png,Mass,90,2,-3,4,,,"), r"row 2: the box"),
    "box of words": (_box("00000008_000.png,Mass,a,b,c,d,,,"), r"row 2: the box"),
}


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input_is_named_with_file_and_row(release: Release, name: str) -> None:
    spoil, sentence = BAD_INPUT[name]
    spoil(release)
    with pytest.raises(DataError, match=sentence) as caught:
        index(IndexRequest(release.root))
    assert str(release.root) in caught.value.problems[0]


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
