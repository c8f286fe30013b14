"""A target cannot reach fit, model selection or threshold choice: each way in is tried."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import polars as pl
import pytest

from core.datasets.examples import select, source_examples, target_examples
from core.errors import ProtocolError
from core.findings import FINDINGS
from core.losses.registry import LOSSES
from core.metrics.thresholds import choose_thresholds
from core.protocol import audit_target
from core.roles import (
    Examples,
    Source,
    SourceTest,
    SourceTrain,
    SourceVal,
    Split,
    Target,
    require_role,
)
from core.specs import RunSpec
from core.store.data import Dataset
from core.store.pixels import CachedImages, Pixels
from core.tables import BOXES, IMAGES, MANIFEST
from core.training.probe import fit
from tests.fixtures.records import dataset_record

SPEC = RunSpec(source="mimic", backbone="resnet50", epochs=1)


def fields(dataset: str, split: Split) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {
        "dataset": dataset,
        "split": split,
        "image_ids": np.array([f"i{k}" for k in range(40)]),
        "patient_ids": np.array([f"p{k // 2}" for k in range(40)]),
        "values": rng.random((40, 14), np.float32),
        "labels": rng.integers(0, 2, (40, 14)).astype(np.int8),
    }


def source(role: type[Source], split: Split) -> Source:
    return role(**fields("mimic", split), source="mimic")


TRAIN, VAL = source(SourceTrain, Split.TRAIN), source(SourceVal, Split.VAL)
TEST = source(SourceTest, Split.TEST)
TARGET = Target(**fields("nih", Split.TEST))
TARGET_TRAIN = Target(**fields("nih", Split.TRAIN))


def fitted(train: Examples, val: Examples) -> object:
    return fit(train, val, LOSSES["bce"], SPEC)


def test_source_train_and_validation_are_let_in() -> None:
    assert fitted(TRAIN, VAL)
    assert choose_thresholds("source-val", source_val=VAL)


WAYS_IN: dict[str, Callable[[], object]] = {
    "fit on the target": lambda: fitted(TARGET, VAL),
    "fit on the target's train split": lambda: fitted(TARGET_TRAIN, VAL),
    "fit on source test": lambda: fitted(TEST, VAL),
    "select on the target": lambda: fitted(TRAIN, TARGET),
    "select on source test": lambda: fitted(TRAIN, TEST),
    "select on what was fitted": lambda: fitted(TRAIN, TRAIN),
    "thresholds from the target": lambda: choose_thresholds("source-val", source_val=TARGET),
    "rates from the target": lambda: choose_thresholds("source-rate", source_val=TARGET),
    "thresholds from source test": lambda: choose_thresholds("source-val", source_val=TEST),
    "the target called source": lambda: SourceVal(
        **fields("nih", Split.VAL),
        source="mimic",
    ),
    "source test called validation": lambda: source(SourceVal, Split.TEST),
}


@pytest.mark.parametrize("way", WAYS_IN)
def test_every_other_way_in_is_closed(way: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        WAYS_IN[way]()
    assert str(caught.value).endswith(".")


def test_the_error_names_the_purpose_and_the_data() -> None:
    with pytest.raises(ProtocolError, match="Fitting may use source train data only.*'nih'"):
        require_role(TARGET, SourceTrain, "Fitting")


def dataset(name: str, hashes: list[str]) -> tuple[Dataset, CachedImages]:
    ids = [f"{name}{k}" for k in range(len(hashes))]
    manifest = pl.DataFrame(
        {
            "image_id": ids,
            "patient_id": ids,
            "study_id": ids,
            "path": ids,
            "split": "test",
            "view": ["PA", "LATERAL", *["AP"] * (len(ids) - 2)],
            "sex": None,
            "age_years": None,
        }
        | {finding: 1 for finding in FINDINGS}
    ).cast(MANIFEST.schema)
    record = dataset_record(name)
    rows = range(len(ids))
    index = pl.DataFrame(
        {"row": rows, "image_id": ids, "sha256": hashes, "source_width": 1, "source_height": 1}
        | {"scaling": "as stored", "perceptual_hash": "0" * 64, "checksum": 0}
    ).cast(IMAGES.schema)
    pixels = np.zeros((len(ids), 32, 32), np.uint8)
    return Dataset(record, manifest, BOXES.empty()), CachedImages(
        "k", Pixels(pixels, index, Path("images.npy"), name), index
    )


def audit(left: tuple[Dataset, CachedImages], right: tuple[Dataset, CachedImages]) -> None:
    audit_target(left[0], right[0], left[1], right[1])


def test_two_hospitals_without_a_common_image_pass() -> None:
    audit(dataset("mimic", ["a", "b"]), dataset("nih", ["c", "d"]))


def test_the_source_cannot_be_its_own_target() -> None:
    with pytest.raises(ProtocolError, match="'mimic' is the source"):
        audit(dataset("mimic", ["a", "b"]), dataset("mimic", ["a", "b"]))


def test_a_copied_image_is_named_on_both_sides() -> None:
    with pytest.raises(ProtocolError, match="1 images of target 'nih'.*nih1 = mimic0"):
        audit(dataset("mimic", ["a", "b"]), dataset("nih", ["c", "a"]))


def test_a_data_set_under_its_own_name_cannot_become_both() -> None:
    selection = select(dataset("mimic", ["a", "b"])[0], Split.TEST)
    values = np.zeros((1, 14), np.float32)
    assert isinstance(source_examples("mimic", selection, values), SourceTest)
    with pytest.raises(ProtocolError, match="cannot be its target"):
        target_examples("mimic", selection, values)
    with pytest.raises(ProtocolError, match="the run's source is 'other'"):
        source_examples("other", selection, values)


def test_lateral_views_are_left_out() -> None:
    selection = select(dataset("mimic", ["a", "b", "c"])[0], Split.TEST)
    assert cast(list[int], selection.rows.tolist()) == [0, 2]


def test_a_split_without_images_is_refused() -> None:
    selection = select(dataset("mimic", ["a", "b"])[0], Split.TRAIN)
    with pytest.raises(ProtocolError, match="no images in its train split"):
        source_examples("mimic", selection, np.zeros((0, 14), np.float32))
