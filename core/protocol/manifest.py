"""What a manifest alone tells: counts, patients, ages and views."""

from collections.abc import Iterator

import polars as pl

from core.datasets.registry import DATASETS
from core.datasets.spec import PublishedCounts
from core.findings import PRESENT
from core.protocol.observations import Observation, Severity, listed
from core.store.data import Dataset
from core.tables import SPLITS


def check_manifest(dataset: Dataset) -> tuple[Observation, ...]:
    """What is to be said of a data set's table: its counts, patients, sexes, ages and views."""
    return (
        *_against_published(dataset),
        *_patients(dataset),
        *_sexes(dataset.manifest),
        *_ages(dataset.manifest),
        *_laterals(dataset.manifest),
    )


def split_patients(dataset: Dataset) -> pl.DataFrame:
    """Images of patients who are in more than one split, without those set aside.

    Returns:
        image_id, patient_id, split and last_split: the patient's last of train, val and test.
    """
    place = pl.col("split").replace_strict(SPLITS, range(len(SPLITS)), return_dtype=pl.Int64)
    used = dataset.manifest.filter(~dataset.set_aside)
    last = place.max().over("patient_id")
    return used.select(
        "image_id",
        "patient_id",
        "split",
        last_split=last.replace_strict(range(len(SPLITS)), SPLITS, return_dtype=pl.String),
    ).filter(pl.col("split").n_unique().over("patient_id") > 1)


def _against_published(dataset: Dataset) -> Iterator[Observation]:
    spec = DATASETS.get(dataset.record.adapter)
    published = spec.published if spec else None
    if published is None or dataset.record.synthetic:
        yield Observation("counts", Severity.NOTE, "There are no published counts to compare with.")
        return
    compared = list(_compared(dataset.manifest, published))
    differing = [
        f"{name} {own:,} (published {known:,})" for name, own, known in compared if own != known
    ]
    if differing:
        sentence = f"{len(differing)} of {len(compared)} counts differ from the published ones: "
        told = f"{sentence}{listed(differing)} ({published.source})."
        yield Observation("counts", Severity.WARNING, told)
        return
    sentence = f"All {len(compared)} published counts agree ({published.source})."
    yield Observation("counts", Severity.NOTE, sentence)


def _compared(manifest: pl.DataFrame, published: PublishedCounts) -> Iterator[tuple[str, int, int]]:
    """What is counted, here and in the publication."""
    if published.num_images is not None:
        yield "images", manifest.height, published.num_images
    if published.num_patients is not None:
        yield "patients", manifest["patient_id"].n_unique(), published.num_patients
    for splits, known in published.per_split.items():
        part = manifest.filter(pl.col("split").is_in(splits.split("+")))
        yield f"{splits} images", part.height, known
    for finding, known in (published.positives or {}).items():
        yield f"{finding}", manifest.filter(pl.col(finding) == PRESENT).height, known


def _patients(dataset: Dataset) -> Iterator[Observation]:
    shared = split_patients(dataset)
    if shared.height:
        patients = shared["patient_id"].unique().sort().to_list()
        sentence = f"{len(patients)} patients are in more than one split: {listed(patients)}"
        images = tuple(f"{dataset.name}/{name}" for name in shared["image_id"])
        how = "split by patient, or set them aside with --quarantine"
        yield Observation("patients", Severity.BREACH, f"{sentence}; {how}.", shared.height, images)
        return
    yield Observation("patients", Severity.NOTE, "No patient is in more than one split.")


def _sexes(manifest: pl.DataFrame) -> Iterator[Observation]:
    both = manifest.filter(pl.col("sex").drop_nulls().n_unique().over("patient_id") > 1)
    if both.height:
        patients = both["patient_id"].unique().sort().to_list()
        sentence = f"{len(patients)} patients have images of both sexes: {listed(patients)}."
        yield Observation("sexes", Severity.WARNING, sentence, both.height)


def _ages(manifest: pl.DataFrame) -> Iterator[Observation]:
    missing = manifest["age_years"].null_count()
    if missing:
        sentence = (
            f"{missing:,} of {manifest.height:,} images have no age, or had an impossible one."
        )
        yield Observation("ages", Severity.WARNING, sentence, missing)


def _laterals(manifest: pl.DataFrame) -> Iterator[Observation]:
    laterals = manifest.filter(view="LATERAL").height
    unknown = manifest.filter(view="UNKNOWN").height
    if laterals:
        sentence = f"{laterals:,} lateral views are never trained on, predicted or scored."
        yield Observation("views", Severity.NOTE, sentence, laterals)
    if unknown:
        sentence = f"{unknown:,} views are not known and count as frontal."
        yield Observation("views", Severity.WARNING, sentence, unknown)
