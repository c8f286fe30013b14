import gzip
import io
from pathlib import Path

import polars as pl

from core.findings import Finding
from core.phantom.hospitals import SOURCE
from core.phantom.mimic import CXR_LT
from core.phantom.write import PhantomSummary

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


def read_gzipped(path: Path) -> tuple[str, pl.DataFrame]:
    text = gzip.decompress(path.read_bytes()).decode()
    return text.splitlines()[0], pl.read_csv(io.StringIO(text), infer_schema_length=None)


def truth(summary: PhantomSummary) -> pl.DataFrame:
    return pl.read_parquet(summary.ground_truth / f"{SOURCE}-images.parquet")


def test_mimic_files_lie_where_the_release_has_them(small_phantom: PhantomSummary) -> None:
    for row in truth(small_phantom).iter_rows(named=True):
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
    images = truth(small_phantom)
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
    images = truth(small_phantom)
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
    assert told.to_list() == truth(small_phantom)["view"].to_list()
    assert set(metadata["ViewPosition"].drop_nulls()) == {"PA", "AP"}
