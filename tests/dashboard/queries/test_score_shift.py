import numpy as np
import polars as pl
import pytest
from scipy.stats import ks_2samp

from core.tables import METRICS
from dashboard.queries.all_runs import all_runs
from dashboard.queries.cells import Place
from dashboard.queries.reading import Run, dataset
from dashboard.queries.score_shift import corrected, distance, reliability, sides
from dashboard.queries.scores import Scored, scored
from dashboard.stores import Stores

AWAY = Place("phantom-north", "test", "source-val")
HOME = Place("chestxray14", "test", "source-val")


def test_the_distance_is_that_of_kolmogorov_and_smirnov() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=200).astype("f4"), rng.normal(0.5, 2, 300).astype("f4")

    expected, _ = ks_2samp(one, other)
    assert distance(one, other) == pytest.approx(expected)
    assert distance(one, one) == 0


def test_both_sides_hold_the_labelled_images_of_their_split(phantom: Stores, run: Run) -> None:
    found = sides(phantom, run, AWAY)

    assert len(found) == 14
    for each in found:
        expected = scored(phantom, run.run_id, HOME, each.finding)
        np.testing.assert_array_equal(each.home.scores, expected.scores)
        assert len(each.away.labels) == dataset(phantom, "phantom-north").manifest.height


def test_findings_without_labels_on_one_side_are_left_out(phantom: Stores, run: Run) -> None:
    found = sides(phantom, run, Place("guangzhou", "test", "source-val"))

    assert [each.finding for each in found] == ["Pneumonia"]


def test_without_the_data_there_are_no_sides(own: Stores, run: Run) -> None:
    (own.data.folder("chestxray14") / "manifest.parquet").unlink()

    assert sides(own, run, AWAY) == ()


def test_reliability_is_counted_in_bins_of_equal_size() -> None:
    scores = np.linspace(0, 1, 100, dtype=np.float32)

    x, y = reliability(Scored(scores, (scores > 0.5).astype(np.int8)))

    assert x == pytest.approx(scores.reshape(10, 10).mean(1))
    assert y.tolist() == [0] * 5 + [1] * 5


def test_corrected_probabilities_are_found_by_their_weighting(own: Stores) -> None:
    run_id = own.results.run_ids()[0]
    table = own.results.read(run_id, METRICS)
    moved = table.filter(dataset="phantom-north", metric="brier").with_columns(
        weighting=pl.lit("prior-shift:true"), target_use=pl.lit("labels")
    )
    own.results.write(run_id, METRICS, pl.concat([table, moved]))
    run = next(run for run in all_runs(own).read if run.run_id == run_id)

    found = corrected(run, AWAY)

    assert list(found) == ["prior-shift:true"]
    assert found["prior-shift:true"]["brier"].target_use == "labels"
