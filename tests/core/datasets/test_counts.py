from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.datasets.chestxray14 import index
from core.datasets.counts import COUNTS, UNKNOWN, age_band, count_findings
from core.datasets.request import IndexRequest
from core.findings import FINDINGS, Finding
from core.store.data import Dataset
from core.tables import BOXES, MANIFEST, QUARANTINE, SPLITS
from tests.fixtures.records import dataset_record


class Image(NamedTuple):
    patient: str
    split: str
    view: str
    sex: str | None
    label: int | None


IMAGES = st.lists(
    st.builds(
        Image,
        patient=st.sampled_from(["p1", "p2", "p3", "p4"]),
        split=st.sampled_from(SPLITS),
        view=st.sampled_from(["PA", "AP", "LATERAL"]),
        sex=st.sampled_from(["F", "M", None]),
        label=st.sampled_from([1, 0, -1, -2, None]),
    ),
    min_size=1,
    max_size=30,
)


def manifest_of(images: list[Image], age_years: float | None = None) -> pl.DataFrame:
    ids = [f"i{k}" for k in range(len(images))]
    labels = [image.label for image in images]
    return pl.DataFrame(
        {
            "image_id": ids,
            "patient_id": [image.patient for image in images],
            "study_id": ids,
            "path": ids,
            "split": [image.split for image in images],
            "view": [image.view for image in images],
            "sex": [image.sex for image in images],
            "age_years": [age_years] * len(images),
        }
        | dict.fromkeys(map(str, FINDINGS), labels),
        schema=MANIFEST.schema,
    )


def dataset_of(manifest: pl.DataFrame, set_aside: tuple[str, ...] = ()) -> Dataset:
    aside = [(image, "by hand") for image in set_aside]
    quarantine = pl.DataFrame(aside, QUARANTINE.schema, orient="row")
    return Dataset(dataset_record(), manifest, BOXES.empty(), quarantine)


@settings(max_examples=50)
@given(IMAGES, st.sampled_from(["view", "sex"]))
def test_counts_agree_with_counting_by_hand(images: list[Image], by: str) -> None:
    counts = count_findings(dataset_of(manifest_of(images)), by).filter(finding="Mass")
    groups = {image: image.view if by == "view" else image.sex or UNKNOWN for image in images}
    assert set(counts.select("split", "group").rows()) == {
        (image.split, group) for image, group in groups.items()
    }
    for row in counts.iter_rows(named=True):
        cell = [
            image
            for image in images
            if (image.split, groups[image]) == (row["split"], row["group"])
        ]
        counted = [image for image in cell if image.label in (1, 0, -2)]
        positive = [image for image in cell if image.label == 1]
        assert row["n"] == len(counted)
        assert row["n_patients"] == len({image.patient for image in counted})
        assert row["n_positive"] == len(positive)
        assert row["n_positive_patients"] == len({image.patient for image in positive})
        expected = len(positive) / len(counted) if counted else None
        assert row["prevalence"] == expected


def test_images_that_are_set_aside_count_nowhere() -> None:
    images = [Image(f"p{k}", "test", "PA", "F", 1) for k in range(3)]
    counts = count_findings(dataset_of(manifest_of(images), ("i0", "i2"))).filter(finding="Mass")
    assert counts.select("n", "n_patients", "n_positive").rows() == [(1, 1, 1)]


def test_nothing_annotated_is_null_with_n_0_and_never_prevalence_0() -> None:
    (row,) = (
        count_findings(dataset_of(manifest_of([Image("p", "test", "PA", "F", None)])))
        .filter(finding="Hernia")
        .iter_rows(named=True)
    )
    assert (row["n"], row["n_positive"], row["prevalence"]) == (0, 0, None)


@pytest.mark.parametrize(
    ("age_years", "band"),
    [
        (0.0, "0-17"),
        (17.9, "0-17"),
        (18.0, "18-39"),
        (59.9, "40-59"),
        (79.0, "60-79"),
        (80.0, "80-"),
        (120.0, "80-"),
        (None, UNKNOWN),
    ],
)
def test_an_age_falls_into_one_band(age_years: float | None, band: str) -> None:
    manifest = manifest_of([Image("p", "test", "PA", "F", 1)], age_years)
    assert manifest.select(age_band()).item() == band
    assert count_findings(dataset_of(manifest), "age")["group"].unique().to_list() == [band]


def test_rows_stand_in_the_order_of_splits_groups_and_findings() -> None:
    images = [
        Image(split, split, view, "F", 1)
        for split in ("test", "train")
        for view in ("LATERAL", "PA")
    ]
    counts = count_findings(dataset_of(manifest_of(images)), "view")
    assert counts.schema == COUNTS
    assert counts["split"].unique(maintain_order=True).to_list() == ["train", "test"]
    assert counts["group"].unique(maintain_order=True).to_list() == ["PA", "LATERAL"]
    assert counts["finding"][:14].to_list() == list(FINDINGS)


@pytest.mark.real
def test_the_groups_of_the_whole_release_add_up_to_its_positives(real_data: Path) -> None:
    manifest = index(IndexRequest(real_data / "nih_metadata", tables_only=True)).manifest
    manifest = MANIFEST.checked(manifest, "manifest")
    for by in ("view", "sex", "age"):
        counts = count_findings(dataset_of(manifest), by).filter(finding=Finding.HERNIA)
        assert (counts["n"].sum(), counts["n_positive"].sum()) == (112_120, 227)
