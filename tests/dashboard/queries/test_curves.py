import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_curve

from core.findings import Finding
from core.tables import PREDICTIONS
from dashboard.queries.cells import Place, cells_at
from dashboard.queries.curves import MAX_POINTS, curves, precision_recall, roc, thinned
from dashboard.queries.reading import Runs
from dashboard.queries.scores import Scored, scored
from dashboard.stores import Stores

AWAY = Place("phantom-north", "test", "source-val")


@st.composite
def pairs(draw: st.DrawFn) -> Scored:
    """Scores with ties, and labels of both classes."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    size = draw(st.integers(4, 60))
    labels = np.concatenate(([0, 1], rng.integers(0, 2, size - 2))).astype(np.int8)
    return Scored((rng.integers(0, 12, size) / 12).astype(np.float32), labels)


@given(pairs())
def test_the_roc_curve_is_that_of_scikit_learn(drawn: Scored) -> None:
    false, found, _ = roc_curve(drawn.labels, drawn.scores, drop_intermediate=False)

    np.testing.assert_allclose(roc(drawn), np.stack((false, found), axis=1))


@given(pairs())
def test_the_precision_recall_curve_is_that_of_scikit_learn(drawn: Scored) -> None:
    precision, recall, _ = precision_recall_curve(drawn.labels, drawn.scores)

    line = precision_recall(drawn)[1:]

    expected = np.stack((recall, precision), axis=1)[:-1][::-1]
    np.testing.assert_allclose(line, expected)


@given(pairs())
def test_the_area_under_the_drawn_steps_is_average_precision(drawn: Scored) -> None:
    line = precision_recall(drawn)

    area = np.sum(np.diff(line[:, 0]) * line[1:, 1])

    assert area == pytest.approx(average_precision_score(drawn.labels, drawn.scores))


def test_a_long_curve_is_thinned_and_keeps_its_ends_and_its_area() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 5000).astype(np.int8)
    line = roc(Scored((labels + rng.normal(size=5000)).astype(np.float32), labels))

    thin = thinned(line)

    assert len(thin) <= MAX_POINTS < len(line)
    np.testing.assert_array_equal(thin[[0, -1]], line[[0, -1]])
    assert np.trapezoid(thin[:, 1], thin[:, 0]) == pytest.approx(
        np.trapezoid(line[:, 1], line[:, 0]), abs=2e-3
    )


def test_the_area_under_a_stored_runs_curve_is_its_auroc(phantom: Stores, runs: Runs) -> None:
    run = runs.read[0]
    line = roc(scored(phantom, run.run_id, AWAY, Finding.MASS))

    stored = cells_at(run.metrics, AWAY, "auroc")["Mass"].value
    assert np.trapezoid(line[:, 1], line[:, 0]) == pytest.approx(stored)


def test_the_operating_point_is_the_stored_recall_and_specificity(
    phantom: Stores, runs: Runs
) -> None:
    frame = curves(phantom, runs.read, AWAY, Finding.MASS).frame

    for run in runs.read:
        point = frame.filter(pl.col("run_id") == run.run_id, pl.col("kind") == "roc").to_dicts()[0]
        stored = {
            metric: cells_at(run.metrics, AWAY, metric)["Mass"].value
            for metric in ("recall", "specificity")
        }
        assert point["at_y"] == pytest.approx(stored["recall"])
        assert 1 - point["at_x"] == pytest.approx(stored["specificity"])


def test_a_finding_without_labels_has_no_curve(phantom: Stores, runs: Runs) -> None:
    found = curves(phantom, runs.read, Place("guangzhou", "test", "source-val"), Finding.MASS)

    assert found.frame.is_empty()
    assert found.prevalence is None


def test_damaged_predictions_cost_one_curve(own: Stores, runs: Runs) -> None:
    first = runs.read[0].run_id
    own.results.path(first, PREDICTIONS, "phantom-north").write_bytes(b"nothing")

    found = curves(own, runs.read, AWAY, Finding.MASS)

    assert [each.run_id for each in found.broken] == [first]
    assert found.frame["run_id"].n_unique() == len(runs.read) - 1
