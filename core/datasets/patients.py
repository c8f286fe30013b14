"""Splits by patient, and the proof that no patient is on two sides."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from core.errors import Problems

SALT = "cxr-bench"

VAL_TENTH = ("val", *["train"] * 9)
"""A tenth of an official training part's patients is validation."""

HASH_SPLITS: Mapping[str, tuple[str, ...]] = {
    "test": ("test",),
    "by-patient": ("val", "test", "test", *["train"] * 7),
}
"""How a data set without an official split is split: tenths of its patients."""


def patient_bucket(patient_id: str, num_buckets: int = 10) -> int:
    """A patient's bucket in 0 … num_buckets − 1: salted SHA-256, the same on every machine."""
    digest = hashlib.sha256(f"{SALT}:{patient_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % num_buckets


def hash_split(patient_ids: pl.Series, splits: Sequence[str]) -> pl.Series:
    """Each patient's split: entry `bucket` of `splits`, so a tenth of the patients each."""
    patients = patient_ids.unique()
    chosen = [splits[patient_bucket(patient, len(splits))] for patient in patients]
    return patient_ids.replace_strict(patients, chosen, return_dtype=pl.String)


def note_shared_patients(problems: Problems, path: Path, manifest: pl.DataFrame) -> None:
    """Add a problem for each patient who has images in more than one split."""
    shared = (
        manifest.group_by("patient_id")
        .agg(pl.col("split").unique().sort(), pl.col("image_id").sort())
        .filter(pl.col("split").list.len() > 1)
        .sort("patient_id")
    )
    for patient, splits, images in shared.iter_rows():
        problems.add(
            path,
            f"patient {patient!r} is in {' and '.join(splits)} "
            f"(images {', '.join(images[:3])}{' …' * (len(images) > 3)}); split by patient.",
        )


def note_two_sexes(problems: Problems, path: Path, manifest: pl.DataFrame) -> None:
    """Add a problem for each patient whose images give more than one sex."""
    sexes = pl.col("sex").drop_nulls().unique().sort()
    told = (
        manifest.drop_nulls("patient_id")
        .group_by("patient_id")
        .agg(sexes, pl.col("image_id").sort())
        .filter(pl.col("sex").list.len() > 1)
        .sort("patient_id")
    )
    for patient, given, images in told.iter_rows():
        problems.add(
            path,
            f"patient {patient!r} is {' and '.join(given)} (images {', '.join(images[:3])}"
            f"{' …' * (len(images) > 3)}); one of the two is wrong, or two patients share an id.",
        )
