"""The source's files, in the layout of MIMIC-CXR-JPG 2.0.0 and of CXR-LT 2024."""

import gzip
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from core.findings import Finding
from core.phantom.cohort import MAX_STUDIES, Patient, Study
from core.phantom.ground_truth import ImageName
from core.phantom.hospitals import HOSPITALS, SOURCE
from core.phantom.spec import PhantomSpec
from core.phantom.streams import EVERY_STUDY, Purpose, stream

_SPLITS = (
    "train", "train", "test", "train", "train", "validate", "train", "test", "train", "train",
)  # fmt: skip
"""Of each ten patients."""

_F = Finding
_LESION = (_F.NODULE, _F.MASS)
_OPACITY = (_F.ATELECTASIS, _F.CONSOLIDATION, _F.EDEMA, _F.INFILTRATION, _F.PNEUMONIA, _F.MASS)

CHEXPERT: Mapping[str, tuple[Finding, ...]] = {
    "Atelectasis": (_F.ATELECTASIS,),
    "Cardiomegaly": (_F.CARDIOMEGALY,),
    "Consolidation": (_F.CONSOLIDATION,),
    "Edema": (_F.EDEMA,),
    "Enlarged Cardiomediastinum": (_F.CARDIOMEGALY,),
    "Fracture": (),
    "Lung Lesion": _LESION,
    "Lung Opacity": _OPACITY,
    "No Finding": (),
    "Pleural Effusion": (_F.EFFUSION,),
    "Pleural Other": (_F.PLEURAL_THICKENING,),
    "Pneumonia": (_F.PNEUMONIA,),
    "Pneumothorax": (_F.PNEUMOTHORAX,),
    "Support Devices": (),
}
"""Columns of the CheXpert and NegBio tables, and the findings that each of them means."""

CXR_LT: Mapping[str, tuple[Finding, ...]] = {
    "Adenopathy": (),
    "Atelectasis": (_F.ATELECTASIS,),
    "Azygos Lobe": (),
    "Calcification of the Aorta": (),
    "Cardiomegaly": (_F.CARDIOMEGALY,),
    "Clavicle Fracture": (),
    "Consolidation": (_F.CONSOLIDATION,),
    "Edema": (_F.EDEMA,),
    "Emphysema": (_F.EMPHYSEMA,),
    "Enlarged Cardiomediastinum": (_F.CARDIOMEGALY,),
    "Fibrosis": (_F.FIBROSIS,),
    "Fissure": (),
    "Fracture": (),
    "Granuloma": (),
    "Hernia": (_F.HERNIA,),
    "Hydropneumothorax": (),
    "Infarction": (),
    "Infiltration": (_F.INFILTRATION,),
    "Kyphosis": (),
    "Lobar Atelectasis": (),
    "Lung Lesion": _LESION,
    "Lung Opacity": _OPACITY,
    "Mass": (_F.MASS,),
    "Nodule": (_F.NODULE,),
    "Normal": (),
    "Pleural Effusion": (_F.EFFUSION,),
    "Pleural Other": (),
    "Pleural Thickening": (_F.PLEURAL_THICKENING,),
    "Pneumomediastinum": (),
    "Pneumonia": (_F.PNEUMONIA,),
    "Pneumoperitoneum": (),
    "Pneumothorax": (_F.PNEUMOTHORAX,),
    "Pulmonary Embolism": (),
    "Pulmonary Hypertension": (),
    "Rib fracture": (),
    "Round(ed) Atelectasis": (),
    "Subcutaneous Emphysema": (),
    "Support Devices": (),
    "Tortuous Aorta": (),
    "Tuberculosis": (),
}
"""Label columns of CXR-LT 2024, and the findings that each of them means."""

_NORMAL = ("No Finding", "Normal")
_DEVICES = "Support Devices"
_VIEW_MEANINGS = {"PA": "postero-anterior", "AP": "antero-posterior"}
_SHARE_VIEW_MISSING = 0.08
_UNCERTAIN = {"chexpert": (0.05, 0.01), "negbio": (0.07, 0.015)}
"""Shares of positives and of negatives that each labeller calls uncertain."""
_SHARE_NEGATED = 0.3
"""Share of negatives that a report denies outright; on the others it is silent."""


def name_image(spec: PhantomSpec, patient: Patient, study: Study) -> ImageName:
    """Names as in the release: subject, study, and five groups of eight hexadecimal digits."""
    subject = f"{10_000_000 + (patient.number * 7_654_321 + 32) % 10_000_000}"
    serial = patient.number * MAX_STUDIES + study.number
    study_id = f"{50_000_000 + (serial * 3_141_593 + 414_267) % 10_000_000}"
    rng = stream(spec.seed, HOSPITALS[SOURCE].number, patient.number, study.number, Purpose.TABLES)
    dicom_id = "-".join(f"{group:08x}" for group in rng.integers(2**32, size=5).tolist())
    return ImageName(
        image_id=dicom_id,
        patient_id=subject,
        study_id=study_id,
        path=f"files/p{subject[:2]}/p{subject}/s{study_id}/{dicom_id}.jpg",
        split=_SPLITS[patient.number % len(_SPLITS)],
    )


def tables(spec: PhantomSpec, images: pl.DataFrame) -> Iterator[tuple[str, bytes]]:
    """File names and contents of the tables for `images` (see `ground_truth.IMAGES`)."""
    rows = images.rows(named=True)
    yield _zipped("metadata", pl.DataFrame([_metadata(spec, row) for row in rows]))
    for labeller in _UNCERTAIN:
        labels = pl.DataFrame([_mentions(spec, labeller, row) for row in rows])
        yield _zipped(labeller, labels.cast(dict.fromkeys(CHEXPERT, pl.Float64)))
    split = images.select("image_id", "study_id", "patient_id", "split")
    yield _zipped("split", split.rename({"image_id": "dicom_id", "patient_id": "subject_id"}))
    yield "train_labeled.csv", _csv(pl.DataFrame([_long_tail(spec, row) for row in rows]))


def _zipped(kind: str, frame: pl.DataFrame) -> tuple[str, bytes]:
    # Without a time stamp: the same table gives the same bytes.
    return f"mimic-cxr-2.0.0-{kind}.csv.gz", gzip.compress(_csv(frame), mtime=0)


def _csv(frame: pl.DataFrame) -> bytes:
    return frame.write_csv().encode()


def _row_stream(spec: PhantomSpec, row: Mapping[str, object], table: int) -> np.random.Generator:
    patient, study = (int(str(row[name])) for name in ("patient_number", "study_number"))
    purpose = Purpose.TABLES + 1000 * (1 + table)
    return stream(spec.seed, HOSPITALS[SOURCE].number, patient, study, purpose)


def _view(spec: PhantomSpec, row: Mapping[str, object]) -> str | None:
    """View as the position field has it: it is missing now and then."""
    missing = _row_stream(spec, row, 0).random() < _SHARE_VIEW_MISSING
    return None if missing else str(row["view"])


def _metadata(spec: PhantomSpec, row: Mapping[str, object]) -> dict[str, object]:
    portable = row["view"] == "AP"
    birth = stream(
        spec.seed,
        HOSPITALS[SOURCE].number,
        int(str(row["patient_number"])),
        EVERY_STUDY,
        Purpose.TABLES,
    )
    year = 2110 + int(birth.integers(80)) + int(str(row["study_number"]))
    rng = _row_stream(spec, row, 1)
    month, day, hour, minute, second = rng.integers((1, 1, 0, 0, 0), (13, 29, 24, 60, 60)).tolist()
    procedure = "CHEST (PORTABLE AP)" if portable else "CHEST (PA AND LAT)"
    return {
        "dicom_id": row["image_id"],
        "subject_id": row["patient_id"],
        "study_id": row["study_id"],
        "PerformedProcedureStepDescription": procedure,
        "ViewPosition": _view(spec, row),
        "Rows": spec.size,
        "Columns": spec.size,
        "StudyDate": f"{year}{month:02d}{day:02d}",
        "StudyTime": f"{hour:02d}{minute:02d}{second:02d}.{rng.integers(1000):03d}",
        "ProcedureCodeSequence_CodeMeaning": procedure,
        "ViewCodeSequence_CodeMeaning": _VIEW_MEANINGS[str(row["view"])],
        "PatientOrientationCodeSequence_CodeMeaning": "Recumbent" if portable else "Erect",
    }


def _means(row: Mapping[str, object], column: str, findings: Sequence[Finding]) -> bool:
    if column == _DEVICES:
        return bool(row["with_lines"])
    if column in _NORMAL:
        return not any(row[f"given_{finding}"] for finding in Finding)
    return any(row[f"given_{finding}"] for finding in findings)


def _mentions(spec: PhantomSpec, labeller: str, row: Mapping[str, object]) -> dict[str, object]:
    """One labeller's reading of a report: 1, 0, −1 for uncertain, blank where it is silent."""
    rng = _row_stream(spec, row, 2 + list(_UNCERTAIN).index(labeller))
    unsure_of_positive, unsure_of_negative = _UNCERTAIN[labeller]
    cells: dict[str, object] = {"subject_id": row["patient_id"], "study_id": row["study_id"]}
    for column, findings in CHEXPERT.items():
        unsure, silent = rng.random(2)
        if _means(row, column, findings):
            hedged = unsure < unsure_of_positive and bool(findings)
            cells[column] = -1.0 if hedged else 1.0
        elif findings:
            hedged = unsure < unsure_of_negative
            cells[column] = -1.0 if hedged else 0.0 if silent < _SHARE_NEGATED else None
        else:
            cells[column] = None
    return cells


def _long_tail(spec: PhantomSpec, row: Mapping[str, object]) -> dict[str, object]:
    path = str(row["path"])
    return {
        "dicom_id": row["image_id"],
        "subject_id": row["patient_id"],
        "study_id": f"s{row['study_id']}",
        "ViewPosition": _view(spec, row),
        "ViewCodeSequence_CodeMeaning": _VIEW_MEANINGS[str(row["view"])],
        "fpath": path,
    } | {column: float(_means(row, column, findings)) for column, findings in CXR_LT.items()}
