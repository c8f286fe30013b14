"""Replicates against a literal loop: repeat the rows of the drawn patients, ask scikit-learn."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    f1_score,
    log_loss,
    roc_auc_score,
)

from core.metrics import resampling
from core.metrics.bootstrap import PatientBootstrap
from core.metrics.calibration import calibration_of
from core.metrics.operating import f1
from core.metrics.planning import plan_thresholds
from core.metrics.ranked import LabelledImages, RankedSource, labelled_images, rank_slice
from core.metrics.replicates import FindingReplicates
from core.metrics.resampling import resample
from core.metrics.rules import Threshold
from core.metrics.table import METRICS
from core.metrics.thresholds import choose_thresholds
from core.roles import NOT_SCORED, Examples, SourceVal, Target

MakeTarget = Callable[..., Target]
MakeSourceVal = Callable[..., SourceVal]
Drawn = tuple[NDArray[np.float64], NDArray[np.int8]]

NUM_RESAMPLES = 50
ALL = (True,) * 14


def _bootstrap(examples: Examples, stream: int = 0) -> PatientBootstrap:
    return PatientBootstrap(examples.patient_ids, 5, NUM_RESAMPLES, stream)


def _drawn(examples: Examples, column: int, stream: int = 0) -> Iterator[Drawn]:
    """Scores and labels of one finding, each image as often as its patient was drawn."""
    bootstrap = _bootstrap(examples, stream)
    counts = np.concatenate(list(bootstrap.chunks(7)), axis=1)
    scored = np.flatnonzero(examples.labels[:, column] != NOT_SCORED)
    for replicate in bootstrap.image_weights(counts).T:
        rows = np.repeat(scored, replicate[scored])
        yield examples.values[rows, column].astype(np.float64), examples.labels[rows, column]


def _resampled(
    target: Target, thresholds: dict[str, tuple[Threshold, ...]], source: SourceVal | None = None
) -> list[FindingReplicates]:
    ranked = rank_slice(_columns(target), _bootstrap(target).num_patients)
    plans = plan_thresholds(thresholds, [source is not None] * 14)
    (found,) = resample(_bootstrap(target), [ranked], plans, _ranked_source(source))
    return [each for each in found if each is not None]


def _columns(examples: Examples) -> list[LabelledImages]:
    rows = _bootstrap(examples).patient_rows
    return [labelled_images(examples.values[:, k], examples.labels[:, k], rows) for k in range(14)]


def _ranked_source(source: SourceVal | None) -> RankedSource | None:
    if source is None:
        return None
    bootstrap = _bootstrap(source, stream=1)
    columns = _columns(source)
    return RankedSource(bootstrap, tuple(each.ranked(bootstrap.num_patients) for each in columns))


def _best_threshold(scores: NDArray[np.float64], labels: NDArray[np.int8]) -> float:
    candidates = np.unique(scores)
    values = np.array([f1_score(labels, scores >= each) for each in candidates])
    return float(candidates[np.isclose(values, values.max(), rtol=0, atol=1e-12)].max())


@pytest.mark.parametrize("decimals", [None, 1])
def test_ranking_replicates_equal_a_loop_over_scikit_learn(
    make_target: MakeTarget, decimals: int | None
) -> None:
    target = make_target(decimals=decimals)
    found = _resampled(target, {})
    assert len(found) == 14
    for column in (0, 13):
        drawn = list(_drawn(target, column))
        expected = [roc_auc_score(labels, scores) for scores, labels in drawn]
        np.testing.assert_allclose(found[column].values["auroc"][1:], expected, atol=1e-9)
        expected = [average_precision_score(labels, scores) for scores, labels in drawn]
        values = found[column].values["average_precision"]
        np.testing.assert_allclose(values[1:], expected, atol=1e-9)


def test_given_thresholds_stay_in_every_replicate(make_target: MakeTarget) -> None:
    target = make_target()
    found = _resampled(target, {"fixed-0.5": (Threshold(0.5, 0, 0),) * 14})[3]
    expected = [f1_score(labels, scores >= 0.5) for scores, labels in _drawn(target, 3)]
    np.testing.assert_allclose(f1(found.counts["fixed-0.5"])[1:], expected, atol=1e-12)


def test_the_oracle_chooses_anew_in_each_replicate(make_target: MakeTarget) -> None:
    target = make_target(decimals=1)
    found = _resampled(target, {"oracle": choose_thresholds("oracle", evaluated=target)})[3]
    expected = [
        f1_score(labels, scores >= _best_threshold(scores, labels))
        for scores, labels in _drawn(target, 3)
    ]
    np.testing.assert_allclose(f1(found.counts["oracle"])[1:], expected, atol=1e-12)


def test_source_val_chooses_anew_on_its_own_resampled_patients(
    make_target: MakeTarget, make_source_val: MakeSourceVal
) -> None:
    target, source = make_target(), make_source_val(decimals=1)
    found = _resampled(target, {"source-val": choose_thresholds("source-val", source)}, source)[3]
    expected = [
        f1_score(labels, scores >= _best_threshold(*of_source))
        for (scores, labels), of_source in zip(
            _drawn(target, 3), _drawn(source, 3, stream=1), strict=True
        )
    ]
    np.testing.assert_allclose(f1(found.counts["source-val"])[1:], expected, atol=1e-12)


def test_source_rate_chooses_anew_on_its_own_resampled_patients(
    make_target: MakeTarget, make_source_val: MakeSourceVal
) -> None:
    target, source = make_target(), make_source_val(decimals=2)
    found = _resampled(target, {"source-rate": choose_thresholds("source-rate", source)}, source)[3]
    expected = [
        f1_score(labels, scores >= np.sort(of_source[0])[-max(of_source[1].sum(), 1)])
        for (scores, labels), of_source in zip(
            _drawn(target, 3), _drawn(source, 3, stream=1), strict=True
        )
    ]
    np.testing.assert_allclose(f1(found.counts["source-rate"])[1:], expected, atol=1e-12)


def test_the_size_of_the_chunks_changes_nothing(
    make_target: MakeTarget, make_source_val: MakeSourceVal, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, source = make_target(), make_source_val()
    thresholds = {"source-val": choose_thresholds("source-val", source)}
    at_once = _resampled(target, thresholds, source)[0]
    monkeypatch.setattr(resampling, "MAX_CHUNK", 8)
    in_parts = _resampled(target, thresholds, source)[0]
    np.testing.assert_array_equal(at_once.values["auroc"], in_parts.values["auroc"])
    np.testing.assert_array_equal(at_once.counts["source-val"].tp, in_parts.counts["source-val"].tp)


def test_a_finding_without_images_has_no_replicates(make_target: MakeTarget) -> None:
    target = make_target()
    ranked = rank_slice([None, *_columns(target)[1:]], _bootstrap(target).num_patients)
    (found,) = resample(_bootstrap(target), [ranked], plan_thresholds({}, ALL), None)
    assert [each is None for each in found] == [True, *(False,) * 13]


@pytest.mark.parametrize(
    ("metric", "oracle"), [("brier", brier_score_loss), ("log_loss", log_loss)]
)
def test_replicates_of_probabilities_equal_a_loop_over_scikit_learn(
    make_target: MakeTarget, metric: str, oracle: Callable[..., float]
) -> None:
    target = make_target()
    found = _resampled(target, {})[2]
    expected = [oracle(labels, scores) for scores, labels in _drawn(target, 2)]
    np.testing.assert_allclose(found.values[metric][1:], expected, atol=1e-9)


def test_one_newton_step_is_close_to_a_whole_fit(make_target: MakeTarget) -> None:
    target = make_target(num_images=4000, num_patients=1000)
    found = _resampled(target, {})[2]
    for name in ("calibration_slope", "calibration_intercept"):
        of = METRICS[name].of_probabilities
        assert of
        fitted = [float(of(calibration_of(*drawn))) for drawn in _drawn(target, 2)]
        np.testing.assert_allclose(
            found.values[name][1:], fitted, atol=0.05 * float(np.std(fitted))
        )
