import csv
import gzip
import io
import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from core.errors import ConfigError
from core.findings import FINDINGS, Finding
from core.phantom.chestxray14 import BOXED
from core.phantom.ground_truth import IMAGES, MASKS
from core.phantom.hospitals import SOURCE, TARGET
from core.phantom.masks import MASK_SIDE, unpack
from core.phantom.mimic import CXR_LT
from core.phantom.spec import PhantomSpec
from core.phantom.write import PhantomSummary, write_phantom

CHEXPERT_HEADER = (
    "subject_id,study_id,Atelectasis,Cardiomegaly,Consolidation,Edema,Enlarged Cardiomediastinum,"
    "Fracture,Lung Lesion,Lung Opacity,No Finding,Pleural Effusion,Pleural Other,Pneumonia,"
    "Pneumothorax,Support Devices"
)
METADATA_HEADER = (
    "dicom_id,subject_id,study_id,PerformedProcedureStepDescription,ViewPosition,Rows,Columns,"
    "StudyDate,StudyTime,ProcedureCodeSequence_CodeMeaning,ViewCodeSequence_CodeMeaning,"
    "PatientOrientationCodeSequence_CodeMeaning"
)


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in files}


def read_gzipped(path: Path) -> tuple[str, pl.DataFrame]:
    text = gzip.decompress(path.read_bytes()).decode()
    return text.splitlines()[0], pl.read_csv(io.StringIO(text), infer_schema_length=None)


def truth(summary: PhantomSummary, hospital: str, kind: str = "images") -> pl.DataFrame:
    return pl.read_parquet(summary.ground_truth / f"{hospital}-{kind}.parquet")


def test_the_summary_counts_the_files(small_phantom: PhantomSummary) -> None:
    source, target = small_phantom.source, small_phantom.target
    assert len(list(source.rglob("*.jpg"))) == small_phantom.num_source_images > 9
    assert len(list(target.rglob("*.png"))) == small_phantom.num_target_images > 9
    assert not list(source.parent.rglob("*.tmp"))
    assert "Not for clinical use" in (source.parent / "README.txt").read_text()


@pytest.mark.parametrize("hospital", [SOURCE, TARGET])
def test_images_are_grey_eight_bit_and_of_the_size(
    hospital: str, small_phantom: PhantomSummary
) -> None:
    for path in truth(small_phantom, hospital)["path"]:
        with Image.open(small_phantom.source.parent / hospital / path) as image:
            assert image.mode == "L"
            assert image.size == (64, 64)
            assert np.asarray(image).std() > 20


def test_mimic_files_lie_where_the_release_has_them(small_phantom: PhantomSummary) -> None:
    for row in truth(small_phantom, SOURCE).iter_rows(named=True):
        subject, study = row["patient_id"], row["study_id"]
        assert len(subject) == len(study) == 8
        assert subject.startswith("1")
        assert study.startswith("5")
        expected = f"files/p{subject[:2]}/p{subject}/s{study}/{row['image_id']}.jpg"
        assert row["path"] == expected
        groups = row["image_id"].split("-")
        assert [len(group) for group in groups] == [8] * 5
        int("".join(groups), 16)


def test_mimic_tables_have_the_releases_headers(small_phantom: PhantomSummary) -> None:
    headers = {
        "metadata": METADATA_HEADER,
        "chexpert": CHEXPERT_HEADER,
        "negbio": CHEXPERT_HEADER,
        "split": "dicom_id,study_id,subject_id,split",
    }
    for kind, header in headers.items():
        found, frame = read_gzipped(small_phantom.source / f"mimic-cxr-2.0.0-{kind}.csv.gz")
        assert found == header
        assert frame.height == small_phantom.num_source_images


def test_mimic_splits_keep_patients_together(small_phantom: PhantomSummary) -> None:
    _, split = read_gzipped(small_phantom.source / "mimic-cxr-2.0.0-split.csv.gz")
    assert set(split["split"]) == {"train", "validate", "test"}
    assert split.group_by("subject_id").agg(pl.col("split").n_unique())["split"].max() == 1


def test_mimic_labels_follow_the_truth(small_phantom: PhantomSummary) -> None:
    images = truth(small_phantom, SOURCE)
    _, labels = read_gzipped(small_phantom.source / "mimic-cxr-2.0.0-chexpert.csv.gz")
    for column, finding in {
        "Pleural Effusion": Finding.EFFUSION,
        "Pneumothorax": Finding.PNEUMOTHORAX,
        "Edema": Finding.EDEMA,
    }.items():
        present = images[f"present_{finding}"]
        assert set(labels[column].drop_nulls()) <= {1.0, 0.0, -1.0}
        assert set(labels[column].filter(present).to_list()) <= {1.0, -1.0}
        assert set(labels[column].filter(~present).to_list()) <= {0.0, None, -1.0}
    healthy = ~images.select(pl.any_horizontal("^present_.*$")).to_series()
    assert labels["No Finding"].eq_missing(1.0).to_list() == healthy.to_list()


def test_the_long_tail_table_is_binary_and_complete(small_phantom: PhantomSummary) -> None:
    table = pl.read_csv(small_phantom.source / "train_labeled.csv")
    images = truth(small_phantom, SOURCE)
    first = ["dicom_id", "subject_id", "study_id", "ViewPosition", "ViewCodeSequence_CodeMeaning"]
    assert table.columns == [*first, "fpath", *CXR_LT]
    assert len(CXR_LT) == 40
    assert list(CXR_LT) == sorted(CXR_LT, key=lambda name: name.replace("(", "").lower())
    assert set(table.select(list(CXR_LT)).to_numpy().ravel()) == {0.0, 1.0}
    assert table["study_id"][0] == f"s{images['study_id'][0]}"
    for column, meant in CXR_LT.items():
        if len(meant) == 1:
            given = images[f"given_{meant[0]}"].cast(pl.Float64)
            assert table[column].to_list() == given.to_list()


def test_views_can_be_told_even_where_the_position_is_missing(
    small_phantom: PhantomSummary,
) -> None:
    _, metadata = read_gzipped(small_phantom.source / "mimic-cxr-2.0.0-metadata.csv.gz")
    meaning = {"postero-anterior": "PA", "antero-posterior": "AP"}
    told = metadata["ViewCodeSequence_CodeMeaning"].replace(meaning)
    assert told.to_list() == truth(small_phantom, SOURCE)["view"].to_list()
    assert set(metadata["ViewPosition"].drop_nulls()) == {"PA", "AP"}


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
    images = truth(small_phantom, TARGET)
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
    assert sorted(lists[0] + lists[1]) == truth(small_phantom, TARGET)["image_id"].to_list()


def test_chestxray14_boxes_are_the_true_positives_of_the_test_images(
    small_phantom: PhantomSummary,
) -> None:
    text = (small_phantom.target / "BBox_List_2017.csv").read_text()
    rows = list(csv.reader(text.splitlines()))[1:]
    images = truth(small_phantom, TARGET).filter(split="test")
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


@pytest.mark.parametrize("hospital", [SOURCE, TARGET])
def test_the_truth_has_box_severity_and_mask_exactly_of_what_is_present(
    hospital: str, small_phantom: PhantomSummary
) -> None:
    images, masks = truth(small_phantom, hospital), truth(small_phantom, hospital, "masks")
    assert images.schema == IMAGES
    assert masks.schema == MASKS
    for finding in FINDINGS:
        present = images[f"present_{finding}"]
        assert images[f"severity_{finding}"].is_not_null().to_list() == present.to_list()
        assert images[f"box_{finding}"].is_not_null().to_list() == present.to_list()
        masked = masks.filter(finding=finding)["image_id"].to_list()
        assert masked == images.filter(present)["image_id"].to_list()


@pytest.mark.parametrize("hospital", [SOURCE, TARGET])
def test_boxes_contain_their_masks(hospital: str, small_phantom: PhantomSummary) -> None:
    images, masks = truth(small_phantom, hospital), truth(small_phantom, hospital, "masks")
    by_id = {row["image_id"]: row for row in images.iter_rows(named=True)}
    for image_id, finding, bits in masks.iter_rows():
        rows, columns = np.nonzero(unpack(bits))
        x, y, width, height = np.array(by_id[image_id][f"box_{finding}"]) * MASK_SIDE
        assert columns.min() + 1 > x >= columns.min() - 1e-4
        assert rows.min() + 1 > y >= rows.min() - 1e-4
        assert columns.max() < x + width <= columns.max() + 1 + 1e-4
        assert rows.max() < y + height <= rows.max() + 1 + 1e-4


def test_the_same_specification_gives_the_same_bytes(
    small_spec: PhantomSpec, phantom_folder: Path, tmp_path: Path
) -> None:
    spec = replace(small_spec, num_patients=2)
    for name in ("first", "second"):
        write_phantom(tmp_path / name, spec, num_processes=1)
    assert digests(tmp_path / "first") == digests(tmp_path / "second")


def test_more_patients_leave_earlier_files_as_they_were(
    small_spec: PhantomSpec, phantom_folder: Path, tmp_path: Path
) -> None:
    write_phantom(tmp_path / "few", replace(small_spec, num_patients=2), num_processes=1)
    few, many = digests(tmp_path / "few"), digests(phantom_folder)
    images = [name for name in few if name.endswith((".jpg", ".png"))]
    assert images
    assert [few[name] for name in images] == [many[name] for name in images]
    for name in ("mimic-cxr-jpg/train_labeled.csv", "chestxray14/Data_Entry_2017_v2020.csv"):
        shorter = (tmp_path / "few" / name).read_text()
        assert (phantom_folder / name).read_text().startswith(shorter)


def test_a_finished_phantom_is_reused(
    small_spec: PhantomSpec, small_phantom: PhantomSummary, phantom_folder: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in phantom_folder.rglob("*")}
    calls: list[tuple[int, int]] = []
    again = write_phantom(
        phantom_folder, small_spec, on_progress=lambda done, total: calls.append((done, total))
    )
    assert again == small_phantom
    assert not calls
    assert before == {path: path.stat().st_mtime_ns for path in phantom_folder.rglob("*")}


def test_a_phantom_that_was_cut_off_is_completed(small_spec: PhantomSpec, tmp_path: Path) -> None:
    class Cut(Exception):
        pass

    def cut(done: int, total: int) -> None:
        raise Cut

    spec = replace(small_spec, num_patients=2)
    whole = write_phantom(tmp_path / "whole", spec, num_processes=1)
    with pytest.raises(Cut):
        write_phantom(tmp_path / "cut", spec, num_processes=1, on_progress=cut)
    assert not json.loads((tmp_path / "cut" / "phantom.json").read_text())["finished"]
    done: list[int] = []
    write_phantom(
        tmp_path / "cut", spec, num_processes=1, on_progress=lambda now, total: done.append(now)
    )
    assert done[-1] == whole.num_source_images + whole.num_target_images
    assert digests(tmp_path / "cut") == digests(tmp_path / "whole")


def test_another_specification_in_the_folder_is_refused(
    small_spec: PhantomSpec, phantom_folder: Path
) -> None:
    with pytest.raises(ConfigError, match="another specification: choose another folder"):
        write_phantom(phantom_folder, replace(small_spec, seed=9))


def test_a_folder_with_other_files_is_refused(small_spec: PhantomSpec, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigError, match="choose another folder"):
        write_phantom(tmp_path, small_spec)


def test_two_processes_write_what_one_writes(small_spec: PhantomSpec, tmp_path: Path) -> None:
    spec = replace(small_spec, num_patients=2)
    write_phantom(tmp_path / "one", spec, num_processes=1)
    write_phantom(tmp_path / "two", spec, num_processes=2)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
