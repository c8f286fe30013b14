"""Kaggle's cut of VinDr-CXR: the training images of the VinBigData competition of 2021.

The folder holds train.csv and train/ with the images, as DICOM or converted to PNG or JPEG at
their original size. Three radiologists read each image; 14 of VinDr-CXR's classes are kept, and
the competition's test images have no labels. The images are VinDr-CXR's under other names.
"""

import polars as pl

from core.datasets.files import existing_folder
from core.datasets.indexed import indexed
from core.datasets.labels import MASS_OR_NODULE, LabelMap
from core.datasets.patients import HASH_SPLITS, hash_split
from core.datasets.request import IndexedTables, IndexRequest, chosen_split
from core.datasets.vindr import PATIENT_NOTE, manifest_rows, with_files
from core.datasets.vindr_boxes import upheld_boxes, with_boxes
from core.datasets.vindr_votes import majority, read_annotations
from core.errors import Problems
from core.findings import Finding

TABLE, FOLDER = "train.csv", "train"
SPLITS = ("by-patient", "test")
SPLIT_NAMES = {"by-patient": "by image hash", "test": "all images as test"}
LABELS = LabelMap(
    same_name={
        "Atelectasis": Finding.ATELECTASIS,
        "Cardiomegaly": Finding.CARDIOMEGALY,
        "Consolidation": Finding.CONSOLIDATION,
        "Infiltration": Finding.INFILTRATION,
        "Pleural effusion": Finding.EFFUSION,
        "Pleural thickening": Finding.PLEURAL_THICKENING,
        "Pneumothorax": Finding.PNEUMOTHORAX,
        "Pulmonary fibrosis": Finding.FIBROSIS,
    },
    composite={"Nodule/Mass": MASS_OR_NODULE},
)


def index(request: IndexRequest) -> IndexedTables:
    """Read the annotations and check all of them.

    Raises:
        ConfigError: If the split is unknown.
        DataError: If anything is wrong; names every file and row.
        ModuleNotFoundError: If files are DICOM and pydicom is not installed.
    """
    split = chosen_split(request, SPLITS)
    root = existing_folder(request.root)
    table = root / TABLE
    problems = Problems()
    annotations = read_annotations(problems, table, several_readers=True)
    labelled = majority(annotations, LABELS.up_to(request.tier))
    labelled = with_files(problems, root, table, FOLDER, labelled, request)
    problems.raise_if_any()
    manifest = manifest_rows(
        labelled.with_columns(split=hash_split(labelled["image_id"], HASH_SPLITS[split]))
    )
    boxes = upheld_boxes(annotations, labelled, table)
    manifest, fractions = with_boxes(problems, root, manifest, boxes, request)
    problems.raise_if_any()
    notes = (PATIENT_NOTE, *_left_out(boxes, fractions))
    return indexed(root, manifest, fractions, SPLIT_NAMES[split], notes)


def _left_out(boxes: pl.DataFrame, fractions: pl.DataFrame) -> tuple[str, ...]:
    if boxes.height and fractions.is_empty():
        return (f"{boxes.height:,} boxes were left out: without the images none has a size.",)
    return ()
