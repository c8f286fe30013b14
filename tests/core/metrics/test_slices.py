"""Subgroups and weightings on shared replicates, against evaluations of their own."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from core.errors import ConfigError, DataError
from core.findings import FINDINGS
from core.metrics.bootstrap import PatientBootstrap
from core.metrics.evaluate import EvaluatedData, evaluate_slices
from core.metrics.slices import Slice
from core.metrics.thresholds import choose_thresholds
from core.metrics.values import MetricValue
from core.roles import NOT_SCORED, Target
from tests.fixtures.evaluated import HALF, Thresholds, row_of

MakeTarget = Callable[..., Target]
Oracle = Callable[..., float]

SEED, NUM_RESAMPLES = 5, 30


def _sliced(
    target: Target, *slices: Slice, thresholds: Thresholds = HALF
) -> list[list[MetricValue]]:
    data = EvaluatedData(target.values, target.labels, target.patient_ids)
    return evaluate_slices(data, thresholds, NUM_RESAMPLES, SEED, slices=slices)


def _image_weights(target: Target) -> NDArray[np.uint16]:
    bootstrap = PatientBootstrap(target.patient_ids, SEED, NUM_RESAMPLES)
    counts = np.concatenate(list(bootstrap.chunks(9)), axis=1)
    return bootstrap.image_weights(counts).T


def test_a_subgroup_has_the_values_of_its_images_alone(make_target: MakeTarget) -> None:
    target = make_target()
    images = np.arange(120) % 3 > 0
    alone = replace(
        target,
        image_ids=target.image_ids[images],
        patient_ids=target.patient_ids[images],
        values=target.values[images],
        labels=target.labels[images],
    )
    _, found = _sliced(target, Slice("sex=F", images=images))
    (expected,) = _sliced(alone)
    for one, two in zip(found, expected, strict=True):
        assert one.value == pytest.approx(two.value, abs=1e-12)
        assert (one.n, one.n_positive, one.n_patients) == (two.n, two.n_positive, two.n_patients)


def test_replicates_of_a_subgroup_draw_patients_from_all_images(make_target: MakeTarget) -> None:
    target = make_target()
    images = np.arange(120) % 2 == 0
    _, found = _sliced(target, Slice("view=AP", images=images))
    scored = images & (target.labels[:, 0] != NOT_SCORED)
    expected = [
        roc_auc_score(target.labels[scored, 0], target.values[scored, 0], sample_weight=w[scored])
        for w in _image_weights(target)
    ]
    row = row_of(found, FINDINGS[0], "auroc")
    np.testing.assert_allclose(row.replicates, expected, atol=1e-6)


def test_image_weights_multiply_the_patients_counts(make_target: MakeTarget) -> None:
    target = make_target(decimals=1)
    weights = np.random.default_rng(0).choice([0.0, 0.3, 1.7], size=120)
    _, found = _sliced(target, Slice(weighting="matched:view", weights=weights))
    scored = (target.labels[:, 0] != NOT_SCORED) & (weights > 0)
    labels, scores = target.labels[scored, 0], target.values[scored, 0]
    oracles: dict[tuple[str, str | None], Oracle] = {
        ("auroc", None): partial(roc_auc_score, labels, scores),
        ("average_precision", None): partial(average_precision_score, labels, scores),
        ("f1", "fixed-0.5"): partial(f1_score, labels, scores >= 0.5),
    }
    for (metric, policy), oracle in oracles.items():
        row = row_of(found, FINDINGS[0], metric, policy)
        assert row.value == pytest.approx(oracle(sample_weight=weights[scored]), abs=1e-9)
        drawn = [
            oracle(sample_weight=weights[scored] * each[scored]) for each in _image_weights(target)
        ]
        np.testing.assert_allclose(row.replicates, drawn, atol=1e-6)
    assert row_of(found, FINDINGS[0], "auroc").n == scored.sum()


def test_a_standardised_prevalence_holds_in_every_replicate(make_target: MakeTarget) -> None:
    target = make_target()
    _, found = _sliced(target, Slice(weighting="prevalence", prevalences=[0.05] * 14))
    scored = target.labels[:, 2] != NOT_SCORED
    labels, scores = target.labels[scored, 2], target.values[scored, 2]

    def at_prevalence(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        of_class = [weights[labels == each].sum() for each in (0, 1)]
        return weights * np.where(labels == 1, 0.05 / of_class[1], 0.95 / of_class[0])

    drawn = [np.ones(scored.sum()), *(each[scored] for each in _image_weights(target))]
    precision = [
        average_precision_score(labels, scores, sample_weight=at_prevalence(w)) for w in drawn
    ]
    f1 = [f1_score(labels, scores >= 0.5, sample_weight=at_prevalence(w)) for w in drawn]
    for row, expected in (
        (row_of(found, FINDINGS[2], "average_precision"), precision),
        (row_of(found, FINDINGS[2], "f1", "fixed-0.5"), f1),
    ):
        assert row.value == pytest.approx(expected[0], abs=1e-9)
        np.testing.assert_allclose(row.replicates, expected[1:], atol=1e-6)
    told = {"average_precision", "f1", "precision", "negative_predictive_value", "alert_rate"}
    assert {row.metric for row in found} == told


def test_a_finding_without_prevalence_says_so(make_target: MakeTarget) -> None:
    shares = [None, *[0.1] * 13]
    _, found = _sliced(make_target(), Slice(weighting="prevalence", prevalences=shares))
    row = row_of(found, FINDINGS[0], "average_precision")
    assert (row.value, row.flag) == (None, "no-prevalence")
    assert row_of(found, "macro", "average_precision").n_labels == 13


def test_a_threshold_that_is_chosen_anew_is_chosen_on_all_images(make_target: MakeTarget) -> None:
    target = make_target(decimals=1)
    everybody = np.ones(120, dtype=np.bool_)
    chosen = {"oracle": choose_thresholds("oracle", evaluated=target)}
    whole, same, half = _sliced(
        target,
        Slice("everybody", images=everybody),
        Slice("half", images=np.arange(120) < 60),
        thresholds=chosen,
    )
    assert [row.value for row in whole] == [row.value for row in same]
    recall, precision = (row_of(half, "Mass", name, "oracle") for name in ("recall", "precision"))
    assert recall.value is not None
    assert precision.value is not None


def test_an_empty_subgroup_is_a_full_table_of_undefined_rows(make_target: MakeTarget) -> None:
    whole, found = _sliced(make_target(), Slice("view=PA", images=np.zeros(120, dtype=np.bool_)))
    assert len(found) == len(whole)
    assert {(row.value, row.n) for row in found} == {(None, 0)}


def test_all_problems_of_a_slice_are_told_at_once(make_target: MakeTarget) -> None:
    bad = Slice("a", weights=np.full(120, -1.0), images=np.ones(7, np.bool_), prevalences=[0.0])
    with pytest.raises(DataError, match="images have shape") as caught:
        _sliced(make_target(), bad)
    for problem in ("some weights are negative", "1 prevalences, expected 14", "not between 0"):
        assert problem in str(caught.value)


def test_fewer_metrics_can_be_asked_for(make_target: MakeTarget) -> None:
    target = make_target()
    data = EvaluatedData(target.values, target.labels, target.patient_ids)
    (found,) = evaluate_slices(data, HALF, 5, SEED, metrics=["auroc"])
    assert {row.metric for row in found} == {"auroc"}
    with pytest.raises(ConfigError, match="Unknown metric 'aurok'"):
        evaluate_slices(data, HALF, 5, SEED, metrics=["aurok"])
