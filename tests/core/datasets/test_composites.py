"""A composite's label and score, against counting by hand."""

import numpy as np
import polars as pl
import pytest

from core.datasets import DATASETS
from core.datasets.composites import composite_examples
from core.datasets.examples import Selection
from core.datasets.labels import COMPOSITES
from core.findings import FINDINGS, Finding
from core.roles import NOT_SCORED, Split
from core.store.data import Dataset
from core.tables import BOXES, MANIFEST
from core.tables import COMPOSITES as TABLE
from tests.fixtures.records import dataset_record

NAME = "Mass or Nodule"
CELLS: list[tuple[int | None, int | None, int]] = [
    # mass, nodule, their composite as scoring reads it
    (1, 0, 1),
    (0, 1, 1),
    (1, 1, 1),
    (1, None, 1),
    (-1, 1, 1),
    (0, 0, 0),
    (-2, 0, 0),
    (-2, -2, 0),
    (0, None, NOT_SCORED),
    (0, -1, NOT_SCORED),
    (-1, -1, NOT_SCORED),
    (None, None, NOT_SCORED),
]


def selection_of(cells: list[tuple[int | None, int | None, int]]) -> Selection:
    ids = [f"i{k}" for k in range(len(cells))]
    columns: dict[str, object] = {
        "image_id": ids,
        "patient_id": [f"p{k // 2}" for k in range(len(cells))],
        "study_id": ids,
        "path": ids,
        "split": ["test"] * len(cells),
        "view": ["PA"] * len(cells),
        "sex": [None] * len(cells),
        "age_years": [None] * len(cells),
    }
    nothing = dict.fromkeys(map(str, FINDINGS), [None] * len(cells))
    labels = {"Mass": [row[0] for row in cells], "Nodule": [row[1] for row in cells]}
    manifest = pl.DataFrame(columns | nothing | labels, schema=MANIFEST.schema)
    return Selection(
        Dataset(dataset_record(), manifest, BOXES.empty()), Split.TEST, np.arange(len(cells))
    )


def scores_of(num_images: int) -> np.ndarray:
    return np.random.default_rng(0).random((num_images, len(FINDINGS)))


def test_without_a_label_of_its_own_a_composite_follows_from_its_members() -> None:
    chosen = selection_of(CELLS)
    scores = scores_of(len(CELLS))
    (found,) = composite_examples(chosen, scores, TABLE.empty())
    assert (found.name, found.members) == (NAME, (Finding.MASS, Finding.NODULE))
    assert found.labels.tolist() == [row[2] for row in CELLS]
    mass, nodule = FINDINGS.index(Finding.MASS), FINDINGS.index(Finding.NODULE)
    expected = [max(row[mass], row[nodule]) for row in scores]
    assert found.scores.tolist() == expected
    assert found.image_ids.tolist() == [f"i{k}" for k in range(len(CELLS))]
    assert found.patient_ids.tolist()[:3] == ["p0", "p0", "p1"]


def test_a_label_of_its_own_wins_and_images_without_one_are_not_scored() -> None:
    chosen = selection_of(CELLS[:5])
    own = pl.DataFrame(
        [("i3", NAME, 0), ("i1", NAME, -1), ("i0", NAME, -2), ("i2", NAME, 1), ("zz", NAME, 1)],
        schema=TABLE.schema,
        orient="row",
    )
    (found,) = composite_examples(chosen, scores_of(5), own)
    assert found.labels.tolist() == [0, NOT_SCORED, 1, 0, NOT_SCORED]


def test_a_composite_of_a_finding_that_is_not_predicted_has_no_score() -> None:
    scores = scores_of(2)
    scores[:, FINDINGS.index(Finding.NODULE)] = np.nan
    (found,) = composite_examples(selection_of(CELLS[:2]), scores, TABLE.empty())
    assert np.isnan(found.scores).all()


@pytest.mark.parametrize("adapter", DATASETS)
def test_every_composite_label_is_a_known_composite(adapter: str) -> None:
    labels = DATASETS[adapter].label_map
    assert set(labels.composite_names.values()) <= set(COMPOSITES)
    assert all(
        COMPOSITES[name] in labels.composite.values() for name in labels.composite_names.values()
    )
