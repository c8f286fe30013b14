from dataclasses import replace
from pathlib import Path

import pytest

from core.datasets.labels import Tier
from core.datasets.request import IndexRequest
from core.datasets.vindr import PATIENT_NOTE
from core.datasets.vindr_kaggle import LABELS, index
from core.findings import FINDINGS
from core.tables import BOXES, MANIFEST
from tests.fixtures.foreign_releases import VINDR_SIZE, write_vindr_kaggle


@pytest.fixture
def request_(tmp_path: Path) -> IndexRequest:
    return IndexRequest(write_vindr_kaggle(tmp_path / "kaggle"))


def test_the_majority_of_three_readers_labels_an_image(request_: IndexRequest) -> None:
    manifest = MANIFEST.checked(index(request_).manifest, "manifest")
    present = {
        row["image_id"]: [finding for finding in FINDINGS if row[finding] == 1]
        for row in manifest.iter_rows(named=True)
    }
    assert present == {"aaa": ["Effusion"], "bbb": []}


def test_classes_that_the_competition_dropped_are_not_annotated(request_: IndexRequest) -> None:
    manifest = index(request_).manifest
    annotated = [name for name in FINDINGS if manifest[name].null_count() == 0]
    assert annotated == list(LABELS.findings)
    assert len(annotated) == 8


def test_boxes_are_fractions_of_the_image(request_: IndexRequest) -> None:
    width, height = VINDR_SIZE
    boxes = BOXES.checked(index(request_).boxes, "boxes")
    assert boxes.row(0)[2:] == (10 / width, 20 / height, 30 / width, 40 / height)


def test_every_image_is_its_own_patient_and_split_by_its_hash(request_: IndexRequest) -> None:
    tables = index(request_)
    assert tables.manifest["patient_id"].equals(tables.manifest["image_id"])
    assert (tables.split_name, tables.notes) == ("by image hash", (PATIENT_NOTE,))
    assert set(index(replace(request_, split="test")).manifest["split"]) == {"test"}


def test_without_images_boxes_are_left_out_and_told(request_: IndexRequest) -> None:
    tables = index(replace(request_, tables_only=True))
    assert tables.boxes.is_empty()
    assert tables.notes[-1].startswith("2 boxes were left out")


def test_nodule_or_mass_is_a_composite(request_: IndexRequest) -> None:
    tables = index(replace(request_, tier=Tier.COMPOSITE))
    assert tables.composites.rows() == [("aaa", "Mass or Nodule", 0), ("bbb", "Mass or Nodule", 0)]
