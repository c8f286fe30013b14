from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from core.datasets.chexpert import index
from core.datasets.request import IndexRequest
from core.errors import ConfigError, DataError
from core.findings import FINDINGS, Finding
from core.tables import MANIFEST
from tests.fixtures.foreign_releases import add_chexpert_test, replace, write_chexpert

FIRST = "train/patient00001/study1/view1_frontal.jpg"
SECOND = "train/patient00002/study1/view1_frontal.jpg"


@pytest.fixture
def chexpert(tmp_path: Path) -> Path:
    return write_chexpert(tmp_path / "chexpert")


def row(root: Path, image_id: str) -> dict[str, object]:
    manifest = MANIFEST.checked(index(IndexRequest(root)).manifest, "manifest")
    return manifest.row(manifest["image_id"].to_list().index(image_id), named=True)


def test_patient_and_study_are_read_from_the_path(chexpert: Path) -> None:
    second = row(chexpert, SECOND)
    assert second["patient_id"] == "patient00002"
    assert second["study_id"] == "patient00002/study1"
    assert second["path"] == SECOND
    assert (second["view"], second["sex"], second["age_years"]) == ("PA", "M", 87.0)


@pytest.mark.parametrize("prefix", ["CheXpert-v1.0", "CheXpert-v1.0-small", "data/CheXpert-v1.0"])
def test_whatever_folder_stands_before_the_part_the_image_is_the_same(
    tmp_path: Path, prefix: str
) -> None:
    root = write_chexpert(tmp_path / "chexpert", prefix)
    assert row(root, FIRST)["path"] == FIRST


def test_blank_uncertain_and_absent_are_kept_apart(chexpert: Path) -> None:
    second = row(chexpert, SECOND)
    assert (second["Effusion"], second["Edema"], second["Pneumonia"]) == (1, -1, -2)
    assert row(chexpert, FIRST)["Pneumothorax"] == 0


def test_lung_lesion_is_copied_into_neither_mass_nor_nodule(chexpert: Path) -> None:
    second = row(chexpert, SECOND)
    assert (second["Mass"], second["Nodule"]) == (None, None)


def test_findings_that_chexpert_never_labels_are_null(chexpert: Path) -> None:
    manifest = index(IndexRequest(chexpert)).manifest
    empty = [name for name in FINDINGS if manifest[name].null_count() == manifest.height]
    assert empty == [
        Finding.EMPHYSEMA,
        Finding.FIBROSIS,
        Finding.HERNIA,
        Finding.INFILTRATION,
        Finding.MASS,
        Finding.NODULE,
        Finding.PLEURAL_THICKENING,
    ]


def test_a_missing_label_is_never_filled_from_another_study_of_the_patient(
    chexpert: Path,
) -> None:
    later = row(chexpert, "train/patient00002/study2/view1_frontal.jpg")
    assert {later[name] for name in ("Effusion", "Edema", "Cardiomegaly")} == {-2}


def test_a_lateral_image_is_lateral_though_its_ap_pa_cell_is_blank(chexpert: Path) -> None:
    assert row(chexpert, "train/patient00002/study1/view2_lateral.jpg")["view"] == "LATERAL"


def test_the_validation_file_is_the_test_split_where_there_is_no_test_file(
    chexpert: Path,
) -> None:
    tables = index(IndexRequest(chexpert))
    in_test = tables.manifest.filter(split="test")
    assert in_test["image_id"].to_list() == ["valid/patient64541/study1/view1_frontal.jpg"]
    assert tables.split_name == "official"


def test_a_test_file_is_the_test_split_and_the_validation_file_is_left_out(
    chexpert: Path,
) -> None:
    add_chexpert_test(chexpert)
    tables = index(IndexRequest(chexpert))
    in_test = tables.manifest.filter(split="test")
    assert in_test["image_id"].to_list() == ["test/patient64741/study1/view1_frontal.jpg"]
    assert in_test["sex"].to_list() == [None]
    assert not tables.manifest["image_id"].str.starts_with("valid/").any()
    assert "valid.csv was left out: test.csv is the test split." in tables.notes


def test_an_unknown_sex_is_null(chexpert: Path) -> None:
    replace(chexpert, "train.csv", "Female", "Unknown")
    assert row(chexpert, FIRST)["sex"] is None


def test_without_images_the_tables_alone_are_read(chexpert: Path) -> None:
    (chexpert / FIRST).unlink()
    assert index(IndexRequest(chexpert, tables_only=True)).manifest.height == 5


def _train(old: str, new: str) -> Callable[[Path], None]:
    return partial(replace, file="train.csv", old=old, new=new)


def _truncate(root: Path) -> None:
    (root / FIRST).write_bytes((root / FIRST).read_bytes()[:-30])


def _latin1(root: Path) -> None:
    path = root / "train.csv"
    path.write_bytes(path.read_bytes().replace(b"Female", b"F\xe9male"))


BAD_INPUT: dict[str, tuple[Callable[[Path], object], str]] = {
    "column missing": (_train(",Edema,", ",Oedema,"), "column Edema is missing; found"),
    "path of another form": (_train(FIRST, "x.jpg"), "train.csv, row 2: Path 'CheXpert-v1.0/x.jpg"),
    "path leaves the folder": (
        _train(f"CheXpert-v1.0/{FIRST}", "train/../patient00001/study1/a.jpg"),
        "row 2: Path 'train/../patient00001",
    ),
    "image given twice": (
        _train(SECOND, FIRST),
        f"rows 2, 3: path '{FIRST}' is given more than once",
    ),
    "unknown sex": (_train("Female", "f"), "row 2: unknown Sex 'f'"),
    "unknown side": (_train(",Frontal,", ",Back,"), "row 2: unknown Frontal/Lateral 'Back'"),
    "unknown view": (_train(",AP,", ",XX,"), "row 2: unknown AP/PA 'XX'"),
    "lateral and AP": (_train("Frontal,AP", "Lateral,AP"), "row 2: is Lateral and AP at once"),
    "age out of range": (_train(",68,", ",680,"), "row 2: age '680' is no age"),
    "age in words": (_train(",68,", ",old,"), "row 2: age 'old' is no age"),
    "label maybe": (_train("-1.0", "maybe"), "row 3: column Cardiomegaly: 'maybe' is none of"),
    "label 2": (_train("-1.0", "2"), "row 3: column Cardiomegaly: '2' is none of"),
    "quoting never closed": (
        _train("Female", '"Female'),
        "row 2: its quotation marks do not match",
    ),
    "not UTF-8": (_latin1, "train.csv, row 2: byte 0x.. is not UTF-8"),
    "no valid.csv": (lambda root: (root / "valid.csv").unlink(), "valid.csv: there is no such"),
    "empty": (lambda root: (root / "train.csv").write_text(""), "the file is empty"),
    "image missing": (lambda root: (root / FIRST).unlink(), "train.csv, row 2: image .* no such"),
    "image truncated": (_truncate, "train.csv, row 2: image .* is truncated"),
    "patient in train and valid": (
        partial(replace, file="valid.csv", old="patient64541", new="patient00001"),
        "patient 'patient00001' is in test and",
    ),
}


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input_is_named_with_file_and_row(chexpert: Path, name: str) -> None:
    spoil, sentence = BAD_INPUT[name]
    spoil(chexpert)
    with pytest.raises(DataError, match=sentence) as caught:
        index(IndexRequest(chexpert))
    assert str(chexpert) in caught.value.problems[0]


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({"split": "by-patient"}, "Known split policies: official"),
        ({"label_source": "negbio7"}, "--label-source means nothing to this data set"),
        ({"columns": {"path": "x"}}, "--column means nothing to this data set"),
    ],
)
def test_an_option_that_is_not_read_is_refused(
    chexpert: Path, request_: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        index(IndexRequest(chexpert, **request_))  # pyright: ignore[reportArgumentType]
