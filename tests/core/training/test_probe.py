from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from core.errors import DataError, ProtocolError
from core.findings import FINDINGS, Finding
from core.losses import LOSSES
from core.roles import NOT_SCORED, SourceTrain, SourceVal
from core.specs import RunSpec, parse
from core.tables import CURVES
from core.training import probe
from core.training.head import Standardisation
from core.training.probe import HeadRequest, Selected, fit, fit_all, fit_each
from core.training.probe_sample import resample
from tests.fixtures.source_examples import partly_unknown, train_and_val, with_values

pytestmark = pytest.mark.usefixtures("one_thread")
BCE = HeadRequest(
    loss=LOSSES["bce"],
    learning_rates=(1e-3, 1e-2),
    weight_decays=(1e-4,),
    seed=0,
    epochs=3,
    batch_size=128,
)
MIXED = (
    replace(BCE, epochs=10, weight_decays=(0.0, 0.1)),
    replace(BCE, epochs=10, loss=LOSSES["weighted_bce"], learning_rates=(3e-2,)),
    replace(BCE, epochs=10, loss=LOSSES["focal"], resample=0),
    replace(BCE, epochs=10, loss=LOSSES["asymmetric"], resample=1, weight_decays=(1.0,)),
    replace(BCE, epochs=10, loss=LOSSES["supcon"], findings=(Finding.EDEMA, Finding.MASS)),
    replace(BCE, epochs=10, seed=1),
    replace(BCE, batch_size=50),
)


def spec(**changes: object) -> RunSpec:
    return parse(RunSpec, {"source": "mimic", "backbone": "resnet50"} | changes, "options")


def assert_equal(found: Selected, expected: Selected) -> None:
    """The same choice, and weights that differ by rounding alone."""
    assert found.head.findings == expected.head.findings
    assert (found.epoch, found.learning_rate, found.weight_decay) == (
        expected.epoch,
        expected.learning_rate,
        expected.weight_decay,
    )
    scale = Standardisation.of(train_and_val()[0].values).scale
    assert found.head.weight * scale == pytest.approx(expected.head.weight * scale, abs=1e-4)
    assert found.head.bias == pytest.approx(expected.head.bias, abs=2e-2)
    assert found.val_map == pytest.approx(expected.val_map, abs=1e-6)


def test_the_head_ranks_as_well_as_a_converged_logistic_regression() -> None:
    train, val = train_and_val()
    selected = fit(train, val, LOSSES["bce"], spec(epochs=40, learning_rates=(0.01, 0.03)))
    probabilities = selected.head.probabilities(val.values)
    standardisation = Standardisation.of(train.values)
    reference = LogisticRegression(C=1e4, max_iter=1000)
    for column in (0, 7, 13):
        reference.fit(standardisation.apply(train.values), train.labels[:, column])
        expected = reference.predict_proba(standardisation.apply(val.values))[:, 1]
        assert np.corrcoef(probabilities[:, column], expected)[0, 1] > 0.99


def test_the_same_seed_gives_the_same_bits_and_another_seed_another_order() -> None:
    train, val = train_and_val()
    heads = [fit(train, val, LOSSES["bce"], spec(seed=seed, epochs=2)).head for seed in (0, 0, 1)]
    assert np.array_equal(heads[0].weight, heads[1].weight)
    assert not np.array_equal(heads[0].weight, heads[2].weight)


@pytest.mark.parametrize("share_unknown", [0.0, 0.3])
def test_each_request_is_trained_and_chosen_as_if_it_were_alone(share_unknown: float) -> None:
    train, val = (partly_unknown(each, share_unknown) for each in train_and_val())
    together = fit_all(train, val, MIXED)
    for request, found in zip(MIXED, together, strict=True):
        assert_equal(found, fit_all(train, val, [request])[0])


def test_each_candidate_is_trained_as_if_it_were_alone() -> None:
    train, val = train_and_val()
    together = fit_all(train, val, [MIXED[0]])[0]
    chosen = replace(
        MIXED[0],
        learning_rates=(together.learning_rate,),
        weight_decays=(together.weight_decay,),
    )
    assert_equal(together, fit_all(train, val, [chosen])[0])


def test_how_many_heads_fit_in_a_stack_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    train, val = train_and_val()
    whole = fit_all(train, val, MIXED)
    monkeypatch.setattr(probe, "STACK_WEIGHTS", 1)
    for found, expected in zip(fit_all(train, val, MIXED), whole, strict=True):
        assert_equal(found, expected)


def test_the_epoch_and_candidate_with_the_highest_validation_map_are_chosen() -> None:
    train, val = train_and_val()
    selected = fit(train, val, LOSSES["bce"], spec(epochs=4, weight_decays=(0.0, 0.5)))
    best = selected.curves.sort("val_map", descending=True).row(0, named=True)
    names = ("epoch", "learning_rate", "weight_decay", "val_map")
    assert [best[name] for name in names] == [getattr(selected, name) for name in names]
    assert selected.curves.filter("selected").rows(named=True) == [best]
    assert CURVES.checked(selected.curves, "curves").height == 4 * 5 * 2


def test_on_ties_the_earlier_epoch_and_then_the_earlier_candidate_is_chosen() -> None:
    rows = np.repeat(np.random.default_rng(0).normal(size=(100, 1)), 12, axis=1)
    labels = np.repeat(rows[:, :1] > 0, 14, axis=1).astype(np.int8)
    train, val = (with_values(role, rows, labels) for role in (SourceTrain, SourceVal))
    selected = fit_all(train, val, [replace(BCE, learning_rates=(1e-2, 1e-3))])[0]
    assert (selected.val_map, selected.epoch, selected.learning_rate) == (1.0, 1, 1e-2)


def test_a_finding_without_both_classes_in_train_is_not_predicted() -> None:
    train, val = train_and_val()
    labels = train.labels.copy()
    labels[:, 3], labels[:, 7] = NOT_SCORED, 0
    head = fit_all(with_values(SourceTrain, train.values, labels), val, [BCE])[0].head
    missing = np.isnan(head.probabilities(val.values[:1]))[0].tolist()
    gone = [finding for finding, absent in zip(FINDINGS, missing, strict=True) if absent]
    assert gone == [FINDINGS[3], FINDINGS[7]]
    assert head.findings == tuple(finding for finding in FINDINGS if finding not in gone)


def test_only_the_findings_that_are_asked_for_are_fitted_and_judged() -> None:
    train, val = train_and_val()
    asked = (FINDINGS[2], FINDINGS[9])
    selected = fit_all(train, val, [replace(BCE, findings=asked)])[0]
    probabilities = selected.head.probabilities(val.values)
    assert selected.head.findings == asked
    assert np.flatnonzero(np.isfinite(probabilities[0])).tolist() == [2, 9]


def test_a_resample_is_fitted_to_the_patients_that_were_drawn() -> None:
    train, val = train_and_val()
    request = replace(BCE, epochs=150, batch_size=len(train), learning_rates=(0.03,))
    counts = resample(train, 4).image_counts.astype(int)
    drawn = np.repeat(np.arange(len(train)), counts)
    standardise = Standardisation.of(train.values).apply
    reference = LogisticRegression(C=np.inf, max_iter=1000)
    reference.fit(standardise(train.values[drawn]), train.labels[drawn, 0])
    expected = reference.decision_function(standardise(val.values))
    whole, resampled = (
        np.corrcoef(val.values @ selected.head.weight[0], expected)[0, 1]
        for selected in fit_all(train, val, [request, replace(request, resample=4)])
    )
    assert 1 - resampled < (1 - whole) / 3


def test_progress_counts_the_epochs_of_every_stack() -> None:
    calls: list[tuple[str, int, int]] = []

    def note(stage: str, done: int, total: int) -> None:
        calls.append((stage, done, total))

    fit_all(*train_and_val(), [BCE, replace(BCE, seed=1, epochs=2)], note)
    assert calls == [("training heads", done, 5) for done in range(1, 6)]


def test_a_source_on_which_nothing_can_be_fitted_is_refused() -> None:
    train, val = train_and_val()
    unknown = with_values(SourceVal, val.values, np.full_like(val.labels, NOT_SCORED))
    with pytest.raises(ProtocolError, match=r"^Source 'mimic' has no finding with both classes in"):
        fit_all(train, unknown, [BCE])


def test_a_resample_on_which_nothing_can_be_fitted_is_named() -> None:
    train, val = train_and_val()
    two_patients = with_values(SourceTrain, train.values[:4], train.labels[[0, 0, 1, 1]])
    hopeless = next(
        number for number in range(99) if 0 in resample(two_patients, number).image_counts
    )
    with pytest.raises(ProtocolError, match=rf"^Source 'mimic' \(resample {hopeless}\) has no"):
        fit_all(two_patients, val, [BCE, replace(BCE, resample=hopeless)])


def test_a_request_that_cannot_be_fitted_or_diverges_leaves_the_others_as_they_are() -> None:
    train, val = train_and_val()
    diverging = replace(BCE, loss=LOSSES["focal"], learning_rates=(1e-3, 1e38))
    none_left = replace(BCE, findings=())
    first, refused, diverged, last = fit_each(train, val, [BCE, none_left, diverging, MIXED[6]])
    assert isinstance(refused, ProtocolError)
    assert isinstance(diverged, DataError)
    assert "learning rate 1e+38 gave scores that are not finite after epoch" in str(diverged)
    for outcome, request in ((first, BCE), (last, MIXED[6])):
        assert isinstance(outcome, Selected)
        assert_equal(outcome, fit_all(train, val, [request])[0])


def test_no_request_gives_no_head() -> None:
    assert fit_all(*train_and_val(), []) == []
