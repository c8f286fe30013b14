from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from core.datasets.request import IndexRequest
from core.datasets.vindr import PATIENT_NOTE, index
from core.errors import DataError
from core.findings import FINDINGS
from core.tables import BOXES, MANIFEST
from tests.fixtures.dicom_files import dicom, ramp
from tests.fixtures.foreign_releases import VINDR_SIZE, replace, write_vindr

TRAIN, TEST = "annotations/annotations_train.csv", "annotations/annotations_test.csv"
FILES = ("train/aaa", "train/bbb", "test/ccc", "test/ddd")
TRAIN_LABELS = "annotations/image_labels_train.csv"


@pytest.fixture
def vindr(tmp_path: Path) -> Path:
    return write_vindr(tmp_path / "vindr")


def present(root: Path, image_id: str) -> list[str]:
    manifest = MANIFEST.checked(index(IndexRequest(root)).manifest, "manifest")
    row = manifest.row(manifest["image_id"].to_list().index(image_id), named=True)
    return [finding for finding in FINDINGS if row[finding] == 1]


def test_a_training_image_s_label_needs_two_of_its_three_readers(vindr: Path) -> None:
    assert present(vindr, "aaa") == ["Effusion"]
    assert present(vindr, "bbb") == []


def test_two_boxes_of_one_reader_are_one_vote(vindr: Path) -> None:
    replace(vindr, TRAIN, "aaa,R8,Pleural effusion", "aaa,R9,Pleural effusion")
    replace(vindr, TRAIN, "aaa,R9,Nodule/Mass", "aaa,R8,Nodule/Mass")
    assert present(vindr, "aaa") == []


def test_a_test_image_s_consensus_is_its_label(vindr: Path) -> None:
    assert present(vindr, "ccc") == ["Pneumothorax"]
    assert present(vindr, "ddd") == []


def test_nodule_or_mass_is_copied_into_neither(vindr: Path) -> None:
    manifest = index(IndexRequest(vindr)).manifest
    for finding in ("Mass", "Nodule", "Hernia"):
        assert manifest[finding].null_count() == manifest.height


def test_pneumonia_is_annotated_only_where_the_labels_of_whole_images_are(tmp_path: Path) -> None:
    without = index(IndexRequest(write_vindr(tmp_path / "without")))
    assert without.manifest["Pneumonia"].to_list() == [None] * 4
    assert any(note.startswith("Pneumonia is not annotated") for note in without.notes)
    with_labels = index(IndexRequest(write_vindr(tmp_path / "with", labels=True)))
    assert with_labels.manifest["Pneumonia"].to_list() == [1, 0, 1, 0]


def test_boxes_are_fractions_of_the_image_s_own_size(vindr: Path) -> None:
    boxes = BOXES.checked(index(IndexRequest(vindr)).boxes, "boxes")
    width, height = VINDR_SIZE
    effusion = boxes.filter(image_id="aaa").row(0)
    assert effusion[1] == "Effusion"
    assert effusion[2:] == (10 / width, 20 / height, 30 / width, 40 / height)
    assert boxes.filter(image_id="ccc").row(0)[2:] == (0, 0, 1, 0.5)


def test_boxes_of_every_reader_are_kept_where_the_majority_names_the_finding(vindr: Path) -> None:
    boxes = index(IndexRequest(vindr)).boxes
    assert boxes.group_by("image_id", "finding").len().sort("image_id").rows() == [
        ("aaa", "Effusion", 2),
        ("ccc", "Pneumothorax", 1),
    ]


def test_the_same_box_of_two_readers_is_kept_once(vindr: Path) -> None:
    replace(vindr, TRAIN, "12,20,42,60", "10,20,40,60")
    assert index(IndexRequest(vindr)).boxes.filter(image_id="aaa").height == 1


def test_every_image_is_its_own_patient_and_a_note_says_so(vindr: Path) -> None:
    tables = index(IndexRequest(vindr))
    assert tables.manifest["patient_id"].equals(tables.manifest["image_id"])
    assert PATIENT_NOTE in tables.notes


def test_a_tenth_of_the_training_images_is_validation(vindr: Path) -> None:
    with (vindr / TRAIN).open("a") as file:
        file.writelines(f"x{k},R1,No finding,,,,\n" for k in range(400))
    manifest = index(IndexRequest(vindr, tables_only=True)).manifest
    counts = dict(manifest["split"].value_counts().rows())
    assert counts["test"] == 2
    assert abs(counts["val"] - 40) < 4 * np.sqrt(402 * 0.1 * 0.9)


def test_without_images_boxes_are_left_out_and_a_note_says_so(vindr: Path) -> None:
    tables = index(IndexRequest(vindr, tables_only=True))
    assert tables.boxes.is_empty()
    assert any(note.startswith("3 boxes in pixels were left out") for note in tables.notes)


def test_annotations_may_lie_beside_the_images(vindr: Path) -> None:
    for path in (vindr / "annotations").iterdir():
        path.rename(vindr / path.name)
    assert present(vindr, "aaa") == ["Effusion"]


def test_dicom_images_are_read_with_the_size_of_their_header(vindr: Path) -> None:
    width, height = VINDR_SIZE
    for path in (*vindr.glob("train/*.png"), *vindr.glob("test/*.png")):
        path.with_suffix(".dicom").write_bytes(dicom(ramp(height, width)))
        path.unlink()
    tables = index(IndexRequest(vindr))
    assert tables.quarantine.is_empty()
    assert set(tables.manifest["path"]) == {f"{name}.dicom" for name in FILES}
    assert tables.boxes.filter(image_id="ccc").row(0)[2:] == (0, 0, 1, 0.5)


def test_a_dicom_image_without_a_size_is_a_problem_or_set_aside(vindr: Path) -> None:
    (vindr / "test/ccc.png").unlink()
    (vindr / "test/ccc.dicom").write_bytes(dicom(ramp())[:200])
    with pytest.raises(DataError, match="test.csv, row 2: image test/ccc.dicom has no width and h"):
        index(IndexRequest(vindr))
    tables = index(IndexRequest(vindr, quarantine=True))
    ((image, reason),) = tables.quarantine.iter_rows()
    assert image == "ccc"
    assert reason.startswith("test/ccc.dicom has no width and height that can be read")
    assert tables.boxes["image_id"].unique().to_list() == ["aaa"]


def _cell(file: str, old: str, new: str) -> Callable[[Path], None]:
    return partial(replace, file=file, old=old, new=new)


BAD_INPUT: dict[str, tuple[Callable[[Path], object], str]] = {
    "column missing": (_cell(TRAIN, "rad_id", "reader"), "column rad_id is missing"),
    "unknown class": (
        _cell(TRAIN, "Cardiomegaly", "Big heart"),
        "train.csv, row 5: unknown class 'Big heart'",
    ),
    "box inverted": (_cell(TRAIN, "10,20,40,60", "40,20,10,60"), "row 2: .* is inverted or empty"),
    "box empty": (_cell(TRAIN, "10,20,40,60", "10,20,10,60"), "row 2: .* is inverted or empty"),
    "box outside": (
        _cell(TRAIN, "10,20,40,60", "10,20,81,60"),
        "annotations_train.csv, row 2: the box .* is not inside train/aaa.png of 80 x 60",
    ),
    "box above the image": (_cell(TRAIN, "10,20,40", "10,-2,40"), "row 2: the box .* not inside"),
    "box of words": (_cell(TRAIN, "10,20,40,60", "a,b,c,d"), "row 2: .* is no four numbers"),
    "box missing": (_cell(TRAIN, "10,20,40,60", ",,,"), "row 2: .* is no four numbers"),
    "box without image": (
        _cell(TEST, "ccc,", "zzz,"),
        "annotations_test.csv, row 2: image test/zzz.dicom there is no such",
    ),
    "finding and none": (
        _cell(TRAIN, "bbb,R9,No finding,,,,", "bbb,R10,No finding,,,,"),
        "row 8: reader R10 says No finding and Pneumothorax of image 'bbb'",
    ),
    "image blank": (_cell(TRAIN, "aaa,R8", ",R8"), "row 2: image_id is blank"),
    "reader blank": (_cell(TRAIN, "aaa,R8", "aaa,"), "row 2: rad_id is blank"),
    "image in train and test": (_cell(TEST, "ccc,", "aaa,"), "image 'aaa' is in both"),
    "traversal": (_cell(TRAIN, "bbb,R10", "../../x,R10"), "row 8: image .* lies outside"),
    "no test table": (lambda root: (root / TEST).unlink(), "test.csv: there is no such file"),
    "image truncated": (
        lambda root: (root / "test/ddd.png").write_bytes(b"\x89PNG\r\n\x1a\n"),
        "row 3: image test/ddd.png is truncated",
    ),
}


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input_is_named_with_file_and_row(vindr: Path, name: str) -> None:
    spoil, sentence = BAD_INPUT[name]
    spoil(vindr)
    with pytest.raises(DataError, match=sentence):
        index(IndexRequest(vindr))


BAD_LABELS: dict[str, tuple[str, str, str]] = {
    "label maybe": ("aaa,R8,1", "aaa,R8,maybe", "row 2: column Pneumonia: 'maybe'"),
    "label blank": ("aaa,R8,1", "aaa,R8,", "row 2: column Pneumonia is blank"),
    "stranger": ("aaa,R8", "zzz,R8", "row 2: image 'zzz' has no annotations"),
    "column missing": ("Pneumonia", "Pneumonitis", "column Pneumonia is missing"),
}


@pytest.mark.parametrize("name", BAD_LABELS)
def test_a_bad_table_of_labels_is_named_with_file_and_row(tmp_path: Path, name: str) -> None:
    old, new, sentence = BAD_LABELS[name]
    root = write_vindr(tmp_path / "vindr", labels=True)
    replace(root, TRAIN_LABELS, old, new)
    with pytest.raises(DataError, match=f"image_labels_train.csv.*{sentence}"):
        index(IndexRequest(root))


def test_an_image_without_labels_of_its_own_is_a_problem(tmp_path: Path) -> None:
    root = write_vindr(tmp_path / "vindr", labels=True)
    path = root / TRAIN_LABELS
    kept = [line for line in path.read_text().splitlines() if not line.startswith("bbb")]
    path.write_text("\n".join(kept))
    with pytest.raises(DataError, match="image 'bbb', whose annotations start"):
        index(IndexRequest(root))


def test_votes_agree_with_a_count_by_hand(vindr: Path) -> None:
    rng = np.random.default_rng(3)
    classes = ["Edema", "Emphysema", "Infiltration"]
    votes = rng.random((30, 3, len(classes))) < 0.5
    lines = ["image_id,rad_id,class_name,x_min,y_min,x_max,y_max"]
    for image, reader in np.ndindex(30, 3):
        named = [name for name, vote in zip(classes, votes[image, reader], strict=True) if vote]
        boxes = [f"i{image:02d},r{reader},{name},1,1,9,9" for name in named]
        lines += boxes or [f"i{image:02d},r{reader},No finding,,,,"]
    (vindr / TRAIN).write_text("\n".join(lines))
    manifest = index(IndexRequest(vindr, tables_only=True)).manifest
    found = manifest.filter(pl.col("split") != "test").sort("image_id").select(classes).to_numpy()
    assert (found == (votes.sum(axis=1) >= 2)).all()
