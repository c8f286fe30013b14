"""MIMIC-CXR-JPG's layout, written from its documented headers."""

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from core.datasets.labels import Tier
from core.datasets.mimic import index
from core.datasets.request import IndexRequest
from core.errors import ConfigError, DataError
from core.findings import FINDINGS
from core.tables import COMPOSITES, MANIFEST
from tests.fixtures.mimic_release import CXRLT_LABELS, write_mimic


@pytest.fixture
def mimic(tmp_path: Path) -> Path:
    return write_mimic(tmp_path / "mimic-cxr-jpg")


def chexpert(root: Path) -> pl.DataFrame:
    return index(IndexRequest(root, label_source="chexpert7")).manifest


def test_cxrlt_annotates_all_14_findings(mimic: Path) -> None:
    tables = index(IndexRequest(mimic))
    manifest = MANIFEST.checked(tables.manifest, "manifest")
    row = manifest.row(0, named=True)
    assert row["path"] == "files/p10/p10000032/s50414267/aaa.jpg"
    assert (row["image_id"], row["patient_id"], row["study_id"]) == ("aaa", "10000032", "50414267")
    assert [finding for finding in FINDINGS if row[finding] == 1] == ["Effusion", "Hernia"]
    assert tables.labeller == "CXR-LT labels, mined from reports"


def test_images_without_a_row_in_the_label_source_are_left_out_and_counted(mimic: Path) -> None:
    tables = index(IndexRequest(mimic))
    assert tables.manifest.height == 4
    assert tables.notes == ("Images without a row in cxrlt14 were left out: 1 in test.",)


def test_blank_uncertain_and_not_annotated_are_kept_apart(mimic: Path) -> None:
    row = chexpert(mimic).row(0, named=True)
    assert (row["Atelectasis"], row["Edema"], row["Consolidation"]) == (1, 0, -1)
    assert row["Effusion"] == -2
    assert row["Emphysema"] is None


def test_labels_of_a_study_go_to_all_its_images_and_to_no_other_study(mimic: Path) -> None:
    manifest = chexpert(mimic)
    assert manifest.filter(study_id="50414267")["Atelectasis"].to_list() == [1, 1]
    assert manifest.filter(study_id="57375967")["Atelectasis"].to_list() == [-2]


def test_validate_is_the_validation_split(mimic: Path) -> None:
    assert chexpert(mimic)["split"].to_list() == ["train", "train", "val", "test"]


def test_an_empty_view_position_is_read_from_the_view_code(mimic: Path) -> None:
    assert chexpert(mimic)["view"].to_list() == ["PA", "LATERAL", "AP", "AP"]


GOLD = (
    "study_id,Airspace Opacity,Atelectasis,Cardiomegaly,Consolidation,Edema,"
    "Enlarged Cardiomediastinum,Fracture,Lung Lesion,No Finding,Pleural Effusion,Pleural Other,"
    "Pneumonia,Pneumothorax,Support Devices"
)


def write_gold(root: Path, study: str = "50578979") -> None:
    lines = [GOLD, f"{study},1.0,0.0,,,-1.0,,,,,1.0,,,,"]
    (root / "mimic-cxr-2.1.0-test-set-labeled.csv").write_text("\n".join(lines) + "\n")


def test_the_gold_labels_of_the_test_split_are_a_source_of_their_own(mimic: Path) -> None:
    write_gold(mimic)
    tables = index(IndexRequest(mimic, label_source="gold7"))
    (row,) = MANIFEST.checked(tables.manifest, "manifest").iter_rows(named=True)
    assert (row["image_id"], row["split"]) == ("ccc", "test")
    assert (row["Effusion"], row["Atelectasis"], row["Edema"]) == (1, 0, -1)
    assert row["Pneumonia"] == -2
    assert tables.labeller == "a radiologist's labels of reports"
    assert tables.notes == (
        "Images without a row in gold7 were left out: 1 in test.",
        "gold7 covers the test split alone.",
    )


def test_airspace_opacity_of_the_gold_labels_is_none_of_the_14(mimic: Path) -> None:
    write_gold(mimic)
    manifest = index(IndexRequest(mimic, label_source="gold7")).manifest
    assert [name for name in FINDINGS if manifest[name].to_list() == [1]] == ["Effusion"]


def test_gold_labels_of_a_training_study_are_refused(mimic: Path) -> None:
    write_gold(mimic, study="50414267")
    with pytest.raises(DataError, match="labels 2 images outside the test split, first 'aaa'"):
        index(IndexRequest(mimic, label_source="gold7"))


def test_cxrlt_of_2023_is_joined_by_the_name_in_its_path(mimic: Path) -> None:
    path = "files/p10/p10000032/s50414267/aaa.jpg"
    lines = [",".join(["path", *CXRLT_LABELS]), ",".join([path, *"1" * len(CXRLT_LABELS)])]
    (mimic / "train.csv").write_text("\n".join(lines) + "\n")
    tables = index(IndexRequest(mimic, label_source="cxrlt14-2023"))
    assert tables.manifest["image_id"].to_list() == ["aaa"]
    assert tables.manifest["Hernia"].to_list() == [1]
    assert tables.notes == (
        "Images without a row in cxrlt14-2023 were left out: 1 in train, 1 in val, 2 in test.",
    )


def test_label_rows_that_name_no_image_are_counted(mimic: Path) -> None:
    path = mimic / "train_labeled.csv"
    ones = ",".join("0" for _ in CXRLT_LABELS)
    path.write_text(path.read_text() + f"zzz,1,s1,PA,,x.jpg,{ones}\n")
    notes = index(IndexRequest(mimic)).notes
    assert "Rows of cxrlt14 that name none of the images were left out: 1." in notes


def test_labels_of_none_of_the_images_are_refused(mimic: Path) -> None:
    path = mimic / "train_labeled.csv"
    header, *_ = path.read_text().splitlines()
    ones = ",".join("0" for _ in CXRLT_LABELS)
    path.write_text(f"{header}\nzzz,1,s1,PA,,x.jpg,{ones}\n")
    sentence = "no image is left of its tables. Images without a row in cxrlt14 were left out: "
    with pytest.raises(DataError, match=sentence):
        index(IndexRequest(mimic))


def test_lung_lesion_is_copied_into_neither_mass_nor_nodule(mimic: Path) -> None:
    manifest = chexpert(mimic)
    assert manifest["Mass"].null_count() == manifest["Nodule"].null_count() == manifest.height


def edit(file: str, old: str, new: str) -> Callable[[Path], None]:
    def apply(root: Path) -> None:
        path = root / file
        text = gzip.decompress(path.read_bytes()).decode()
        assert old in text
        path.write_bytes(gzip.compress(text.replace(old, new, 1).encode()))

    return apply


M, S = "mimic-cxr-2.0.0-metadata.csv.gz", "mimic-cxr-2.0.0-split.csv.gz"
C = "mimic-cxr-2.0.0-chexpert.csv.gz"


def remove(file: str) -> Callable[[Path], None]:
    return lambda root: (root / file).unlink()


BAD_INPUT: dict[str, tuple[Callable[[Path], None], str]] = {
    "image missing": (remove("files/p10/p10000032/s50414267/aaa.jpg"), "row 2: .*aaa.jpg there is"),
    "unknown split": (edit(S, ",train", ",dev"), "row 2: unknown split 'dev'"),
    "image without split": (edit(S, "aaa,", "zzz,"), "row 2: image 'aaa' has no row in the split"),
    "image given twice": (edit(M, "aab,", "aaa,"), "rows 2, 3: dicom_id 'aaa'"),
    "unknown view": (edit(M, ",PA,", ",SIDE,"), "row 2: unknown view 'SIDE'"),
    "label maybe": (edit(C, "-1.0", "maybe"), "row 2: column Consolidation: 'maybe'"),
    "study given twice": (edit(C, "57375967", "50414267"), "rows 2, 3: study_id '50414267'"),
    "patient on two sides": (edit(S, "aab,50414267,10000032,train", "aab,1,1,test"), "in test and"),
    "column missing": (edit(C, "Pleural Effusion", "Fluid"), "column Pleural Effusion is missing"),
    "no metadata": (remove(M), "metadata.csv: there is no such file"),
    "no labels": (remove(C), "chexpert.csv: there is no such file"),
}


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input_is_named_with_file_and_row(mimic: Path, name: str) -> None:
    spoil, sentence = BAD_INPUT[name]
    spoil(mimic)
    with pytest.raises(DataError, match=sentence):
        chexpert(mimic)


def test_an_unknown_label_source_is_answered_with_the_known_ones(mimic: Path) -> None:
    with pytest.raises(
        ConfigError, match="Known label sources: chexpert7, cxrlt14, cxrlt14-2023, gold7, negbio7"
    ):
        index(IndexRequest(mimic, label_source="chexpert"))


def test_the_parts_of_cxrlt_are_read_as_one(mimic: Path) -> None:
    path = mimic / "train_labeled.csv"
    header, *rows = path.read_text().splitlines()
    folder = mimic / "cxr-lt-2024"
    folder.mkdir()
    path.unlink()
    parts = {"train_labeled": rows[:2], "development_labeled_task1": rows[2:]}
    for name, lines in parts.items():
        (folder / f"{name}.csv").write_text("\n".join([header, *lines]) + "\n")
    assert index(IndexRequest(mimic)).manifest["image_id"].to_list() == ["aaa", "aab", "bbb", "ccc"]
    (folder / "test_labeled_task1.csv").write_text("\n".join([header, rows[0]]) + "\n")
    with pytest.raises(DataError, match="name 1 dicom_id more than once, first 'aaa'"):
        index(IndexRequest(mimic))


def test_a_table_of_labels_under_another_name_is_known_by_its_columns(mimic: Path) -> None:
    (mimic / "train_labeled.csv").rename(mimic / "all_labels.csv")
    tables = index(IndexRequest(mimic))
    assert tables.manifest.height == 4
    assert tables.notes[0] == "Labels are from all_labels.csv, known by its columns."
    (mimic / "again.csv").write_bytes((mimic / "all_labels.csv").read_bytes())
    with pytest.raises(DataError, match="again.csv, all_labels.csv all have the columns; choose"):
        index(IndexRequest(mimic))
    (mimic / "again.csv").unlink()
    (mimic / "all_labels.csv").unlink()
    with pytest.raises(DataError, match="no other table here has the columns dicom_id, Atelectas"):
        index(IndexRequest(mimic))


def test_lung_lesion_is_a_composite_where_it_is_asked_for(mimic: Path) -> None:
    request = IndexRequest(mimic, label_source="chexpert7")
    assert index(request).composites.is_empty()
    tables = index(replace(request, tier=Tier.COMPOSITE))
    composites = COMPOSITES.checked(tables.composites, "composites")
    assert dict(composites.select("image_id", "value").iter_rows()) == {
        "aaa": 1,
        "aab": 1,
        "bbb": -2,
        "ccc": -1,
    }
    assert set(composites["composite"]) == {"Mass or Nodule"}
    assert tables.manifest.equals(index(request).manifest)


def test_a_source_of_labels_without_composites_refuses_to_look_for_them(mimic: Path) -> None:
    with pytest.raises(ConfigError, match="--tier composite means nothing to cxrlt14"):
        index(IndexRequest(mimic, tier=Tier.COMPOSITE))
