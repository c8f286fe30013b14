"""The target's files, in the layout of ChestX-ray14 (Wang et al., CVPR 2017)."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping

import polars as pl

from core.findings import FINDINGS, Finding
from core.phantom.cohort import Patient, Study
from core.phantom.ground_truth import ImageName
from core.phantom.hospitals import HOSPITALS, TARGET
from core.phantom.spec import PhantomSpec
from core.phantom.streams import EVERY_STUDY, Purpose, stream

ENTRY_HEADER = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]"
)
BOX_HEADER = "Image Index,Finding Label,Bbox [x,y,w,h],,,"
BOX_FRAME_PIXELS = 1024

BOXED: Mapping[Finding, str] = {
    Finding.ATELECTASIS: "Atelectasis",
    Finding.CARDIOMEGALY: "Cardiomegaly",
    Finding.EFFUSION: "Effusion",
    Finding.INFILTRATION: "Infiltrate",
    Finding.MASS: "Mass",
    Finding.NODULE: "Nodule",
    Finding.PNEUMONIA: "Pneumonia",
    Finding.PNEUMOTHORAX: "Pneumothorax",
}
"""The findings that the release gives boxes for, and what its box table calls them."""

_PATIENTS_PER_FOLDER = 1500
_SPLITS = ("train_val", "test")
_ORIGINALS = ((2500, 2048, 0.168), (2992, 2991, 0.143), (2048, 2500, 0.171), (3056, 2544, 0.139))
"""Width, height and pixel spacing (mm) of what the machines are said to have made."""


def name_image(spec: PhantomSpec, patient: Patient, study: Study) -> ImageName:
    """Names as in the release: patient, underscore, follow-up."""
    patient_id = patient.number + 1
    image_id = f"{patient_id:08d}_{study.number:03d}.png"
    folder = f"images_{1 + patient.number // _PATIENTS_PER_FOLDER:03d}"
    return ImageName(
        image_id=image_id,
        patient_id=str(patient_id),
        study_id=f"{patient_id}_{study.number}",
        path=f"{folder}/images/{image_id}",
        split=_SPLITS[patient.number % len(_SPLITS)],
    )


def tables(spec: PhantomSpec, images: pl.DataFrame) -> Iterator[tuple[str, bytes]]:
    """File names and contents of the tables for `images` (see `ground_truth.IMAGES`)."""
    rows = images.rows(named=True)
    yield (
        "Data_Entry_2017_v2020.csv",
        _text(ENTRY_HEADER, (_entry(spec, row) for row in rows)),
    )
    yield "BBox_List_2017.csv", _text(BOX_HEADER, _boxes(rows))
    for split, name in zip(_SPLITS, ("train_val_list.txt", "test_list.txt"), strict=True):
        listed = images.filter(pl.col("split") == split)["image_id"].to_list()
        yield name, ("\n".join(listed) + "\n").encode()


def _text(header: str, rows: Iterable[Iterable[object]]) -> bytes:
    """A CSV under a header that is not one itself: the release's has commas inside brackets."""
    buffer = io.StringIO()
    buffer.write(header + "\n")
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue().encode()


def _entry(spec: PhantomSpec, row: Mapping[str, object]) -> tuple[object, ...]:
    hospital, patient = HOSPITALS[TARGET].number, int(str(row["patient_number"]))
    rng = stream(spec.seed, hospital, patient, EVERY_STUDY, Purpose.TABLES)
    width, height, spacing = _ORIGINALS[int(rng.integers(len(_ORIGINALS)))]
    labels = [str(finding) for finding in FINDINGS if row[f"given_{finding}"]]
    return (
        row["image_id"],
        "|".join(labels) or "No Finding",
        row["study_number"],
        row["patient_id"],
        row["age_years"],
        row["sex"],
        row["view"],
        width,
        height,
        spacing,
        spacing,
    )


def _boxes(rows: Iterable[Mapping[str, object]]) -> Iterator[tuple[object, ...]]:
    """True positives of the test images."""
    for row in rows:
        for finding, label in BOXED.items():
            box = row[f"box_{finding}"]
            if row["split"] == "test" and row[f"given_{finding}"] and isinstance(box, list):
                yield row["image_id"], label, *(BOX_FRAME_PIXELS * side for side in box)
