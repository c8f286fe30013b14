from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from core.findings import FINDINGS
from core.losses import LOSSES
from core.roles import NOT_SCORED, SourceTrain, SourceVal, Split
from core.specs import RunSpec, parse
from core.training.head import Head, Standardisation
from core.training.probe import fit

NUM_FEATURES = 12


def examples(split: Split, num_images: int, seed: int) -> Mapping[str, Any]:
    """Features that say something of every finding, on scales from 0.01 to 100."""
    rng = np.random.default_rng(seed)
    truth = np.random.default_rng(99).normal(size=(NUM_FEATURES, 14))
    raw = rng.normal(size=(num_images, NUM_FEATURES))
    labels = (raw @ truth + 2 * rng.normal(size=(num_images, 14)) > 0).astype(np.int8)
    scales = np.logspace(-2, 2, NUM_FEATURES)
    return {
        "dataset": "mimic",
        "source": "mimic",
        "split": split,
        "image_ids": np.array([str(k) for k in range(num_images)]),
        "patient_ids": np.array([str(k) for k in range(num_images)]),
        "values": np.float32(raw * scales + 5),
        "labels": labels,
    }


def train_and_val(
    labels: NDArray[np.int8] | None = None,
) -> tuple[SourceTrain, SourceVal]:
    train = dict(examples(Split.TRAIN, 600, 0))
    if labels is not None:
        train["labels"] = labels
    return SourceTrain(**train), SourceVal(**examples(Split.VAL, 200, 1))


def spec(**changes: object) -> RunSpec:
    return parse(RunSpec, {"source": "mimic", "backbone": "resnet50"} | changes, "options")


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


def test_each_rate_is_trained_as_if_it_were_alone() -> None:
    train, val = train_and_val()
    together = fit(train, val, LOSSES["bce"], spec(epochs=5, learning_rates=(0.001, 0.01, 0.1)))
    alone = fit(train, val, LOSSES["bce"], spec(epochs=5, learning_rates=(together.learning_rate,)))
    assert together.epoch == alone.epoch
    largest_gap = np.abs(together.head.weight - alone.head.weight).max()
    assert largest_gap < 1e-4 * np.abs(alone.head.weight).max()


def test_the_epoch_and_rate_with_the_highest_validation_map_are_chosen() -> None:
    train, val = train_and_val()
    selected = fit(train, val, LOSSES["bce"], spec(epochs=4))
    best = selected.curves.sort("val_map", descending=True).row(0, named=True)
    assert (best["epoch"], best["learning_rate"]) == (selected.epoch, selected.learning_rate)
    assert best["val_map"] == selected.val_map
    assert selected.curves.filter("selected").height == 1
    assert selected.curves.height == 4 * 5


def test_a_finding_without_training_labels_is_not_predicted() -> None:
    labels = np.array(examples(Split.TRAIN, 600, 0)["labels"])
    labels[:, 3], labels[:, 7] = NOT_SCORED, 0
    train, val = train_and_val(labels=labels)
    head = fit(train, val, LOSSES["bce"], spec(epochs=1)).head
    missing = np.isnan(head.probabilities(val.values[:1]))[0].tolist()
    assert [finding for finding, gone in zip(FINDINGS, missing, strict=True) if gone] == [
        "Edema",
        "Hernia",
    ]
    assert len(head.findings) == 12


def test_the_folded_head_takes_raw_features() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(3, 20, (50, NUM_FEATURES))
    weight, bias = rng.normal(size=(14, NUM_FEATURES)), rng.normal(size=14)
    standardisation = Standardisation.of(features)
    head = standardisation.fold(weight, bias, FINDINGS)
    logits = standardisation.apply(features) @ weight.T + bias
    assert head.probabilities(features) == pytest.approx(1 / (1 + np.exp(-logits)), abs=1e-5)


def test_extreme_logits_stay_probabilities() -> None:
    head = Head(np.full((14, 1), 1e4, np.float32), np.zeros(14, np.float32), FINDINGS)
    assert head.probabilities(np.array([[-1.0], [1.0]]))[:, 0].tolist() == [0.0, 1.0]
