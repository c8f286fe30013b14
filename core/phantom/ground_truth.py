"""What is known about every image of a phantom: one table of images, one of masks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from core.findings import FINDINGS
from core.phantom.cohort import Patient, Study
from core.phantom.masks import box_of, pack
from core.phantom.render import Radiograph

_BOX = pl.Array(pl.Float32, 4)
IMAGES = pl.Schema(
    {
        "image_id": pl.String,
        "patient_id": pl.String,
        "study_id": pl.String,
        "path": pl.String,
        "split": pl.String,
        "patient_number": pl.Int32,
        "study_number": pl.Int32,
        "view": pl.String,
        "sex": pl.String,
        "age_years": pl.Int16,
        "cardiothoracic_ratio": pl.Float32,
        "field_width_cm": pl.Float32,
        "inspiration": pl.Float32,
        "rotation_degrees": pl.Float32,
        "with_lines": pl.Boolean,
        "with_token": pl.Boolean,
        "token_box": _BOX,
    }
    | {f"present_{finding}": pl.Boolean for finding in FINDINGS}
    | {f"given_{finding}": pl.Boolean for finding in FINDINGS}
    | {f"severity_{finding}": pl.Float32 for finding in FINDINGS}
    | {f"box_{finding}": _BOX for finding in FINDINGS}
)
"""One row an image. `present` is the truth, `given` is what the hospital's tables say; severity
and box are null for what is absent; boxes are x, y, width, height as fractions of the image."""

MASKS = pl.Schema({"image_id": pl.String, "finding": pl.String, "bits": pl.Binary})
"""One row per image and finding that is present; see `masks.unpack`."""


@dataclass(frozen=True)
class ImageName:
    """What a hospital calls an image, and where it puts it.

    Args:
        image_id: Name in its tables.
        patient_id: Name of the patient.
        study_id: Name of the study.
        path: File, under the hospital's folder.
        split: Split in the layout's own words.
    """

    image_id: str
    patient_id: str
    study_id: str
    path: str
    split: str


@dataclass(frozen=True)
class Written:
    """An image that was written, with all that is known of it."""

    name: ImageName
    patient: Patient
    study: Study
    radiograph: Radiograph


def image_frame(images: Sequence[Written]) -> pl.DataFrame:
    """Rows of the table `IMAGES`."""
    return pl.DataFrame([_row(image) for image in images], schema=IMAGES, orient="row")


def token_regions(images: pl.DataFrame) -> pl.DataFrame:
    """Where the shortcut's token lies, as regions that attention can be measured on.

    Args:
        images: Rows of the table `IMAGES`.

    Returns:
        image_id, region, x, y, width, height; a row for each image with the token.
    """
    sides = [
        pl.col("token_box").arr.get(place).alias(name)
        for place, name in enumerate(("x", "y", "width", "height"))
    ]
    shown = images.filter("with_token")
    return shown.select("image_id", pl.lit("token").alias("region"), *sides)


def mask_frame(images: Sequence[Written]) -> pl.DataFrame:
    """Rows of the table `MASKS`."""
    rows = [
        (image.name.image_id, lesion.finding, pack(lesion.mask))
        for image in images
        for lesion in image.radiograph.lesions
    ]
    return pl.DataFrame(rows, schema=MASKS, orient="row")


def _row(image: Written) -> tuple[object, ...]:
    name, study, chest = image.name, image.study, image.radiograph.chest
    position = chest.position
    lesions = {lesion.finding: lesion for lesion in image.radiograph.lesions}
    return (
        name.image_id,
        name.patient_id,
        name.study_id,
        name.path,
        name.split,
        image.patient.number,
        study.number,
        study.view,
        image.patient.sex,
        study.age_years,
        chest.cardiothoracic_ratio,
        position.frame.width_cm,
        position.inspiration,
        float(np.degrees(position.rotation)),
        image.radiograph.with_lines,
        study.token,
        image.radiograph.token_box,
        *study.present,
        *study.given,
        *(lesions[each].severity if each in lesions else None for each in FINDINGS),
        *(box_of(lesions[each].mask) if each in lesions else None for each in FINDINGS),
    )
