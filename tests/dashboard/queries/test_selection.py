import polars as pl
import pytest

from core.findings import Finding
from core.tables import THRESHOLDS
from dashboard.queries.cells import Place
from dashboard.queries.reading import Run, dataset, run_table
from dashboard.queries.selection import ASSESSED, Request, assessed, selected
from dashboard.stores import Stores

AWAY = Place("phantom-north", "test", "source-val")


@pytest.fixture
def candidates(phantom: Stores, run: Run) -> pl.DataFrame:
    return assessed(phantom, run.run_id, AWAY, Finding.PNEUMONIA)


def test_every_image_with_a_map_is_assessed_by_label_and_threshold(
    phantom: Stores, run: Run, candidates: pl.DataFrame
) -> None:
    rows = run_table(phantom, run.run_id, THRESHOLDS).filter(
        finding="Pneumonia", policy="source-val"
    )
    manifest = dataset(phantom, "phantom-north").manifest
    truth = dict(manifest.select("image_id", "Pneumonia").iter_rows())

    assert candidates.height == 24
    for row in candidates.to_dicts():
        is_alert, is_present = row["probability"] >= rows["value"][0], truth[row["image_id"]] == 1
        assert row["outcome"] == ("T" if is_alert == is_present else "F") + "NP"[is_alert]


def test_a_finding_without_labels_has_no_outcome(phantom: Stores, run: Run) -> None:
    where = Place("guangzhou", "test", "source-val")

    found = assessed(phantom, run.run_id, where, Finding.EDEMA)

    assert found.height == 24
    assert found["outcome"].null_count() == 24


def test_a_policy_without_a_threshold_has_no_outcome(phantom: Stores, run: Run) -> None:
    where = Place("phantom-north", "test", "oracle")

    found = assessed(phantom, run.run_id, where, Finding.EDEMA)

    assert found["outcome"].null_count() == found.height


@pytest.mark.parametrize("outcome", ["TP", "FP", "FN", "TN"])
def test_images_are_chosen_by_outcome(candidates: pl.DataFrame, outcome: str) -> None:
    expected = candidates.filter(pl.col("outcome") == outcome)["image_id"]

    assert sorted(selected(candidates, Request(outcome=outcome), set())) == sorted(expected)


def test_a_random_sample_is_the_same_for_the_same_seed(candidates: pl.DataFrame) -> None:
    first = selected(candidates, Request(seed=4), set())

    assert first == selected(candidates.reverse(), Request(seed=4), set())
    assert first != selected(candidates, Request(seed=5), set())
    assert sorted(first) == candidates["image_id"].to_list()


def test_leaving_images_out_keeps_the_order_of_the_others(candidates: pl.DataFrame) -> None:
    everything = selected(candidates, Request(), set())
    negatives = set(selected(candidates, Request(outcome="TN"), set()))

    assert selected(candidates, Request(outcome="TN"), set()) == [
        image_id for image_id in everything if image_id in negatives
    ]


def test_images_can_be_ordered_by_probability() -> None:
    rows = [("a", 0.2, False, 1, None), ("b", 0.9, False, 0, None), ("c", None, True, 0, None)]
    frame = pl.DataFrame(rows, ASSESSED, orient="row")

    assert selected(frame, Request(order="highest probability"), set()) == ["b", "a", "c"]
    assert selected(frame, Request(order="lowest probability"), set()) == ["a", "b", "c"]


def test_images_can_be_limited_to_those_with_a_box(candidates: pl.DataFrame) -> None:
    boxed = set(candidates["image_id"][:2])

    assert set(selected(candidates, Request(boxed=True), boxed)) == boxed
