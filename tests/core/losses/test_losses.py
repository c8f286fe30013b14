import math
from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from core.losses import LOSSES

torch.manual_seed(0)
LOGITS = torch.randn(3, 5, 14, dtype=torch.float64)
LABELS = torch.randint(0, 2, (5, 14)).double()
SCORED = torch.rand(5, 14) < 0.7
NUM_POSITIVE = torch.arange(1.0, 15.0, dtype=torch.float64)
NUM_NEGATIVE = torch.full((14,), 60.0, dtype=torch.float64)


def head_loss(
    name: str, logits: Tensor = LOGITS, labels: Tensor = LABELS, scored: Tensor = SCORED
) -> Tensor:
    loss = LOSSES[name]
    weight = loss.positive_weight(NUM_POSITIVE, NUM_NEGATIVE)
    return loss.head_loss(logits, labels, scored, weight)


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_gives_each_head_its_own_mean(name: str) -> None:
    alone = [float(head_loss(name, head.unsqueeze(0))[0]) for head in LOGITS]
    assert head_loss(name).tolist() == pytest.approx(alone)


@pytest.mark.parametrize("name", LOSSES)
def test_labels_that_are_not_scored_do_not_count(name: str) -> None:
    flipped = torch.where(SCORED, LABELS, 1 - LABELS)
    assert torch.equal(head_loss(name), head_loss(name, labels=flipped))


@pytest.mark.parametrize("name", LOSSES)
def test_a_batch_in_which_nothing_is_scored_costs_nothing(name: str) -> None:
    assert head_loss(name, scored=torch.zeros_like(SCORED)).tolist() == [0, 0, 0]


@pytest.mark.parametrize("name", LOSSES)
def test_an_image_that_counts_twice_counts_like_two_images(name: str) -> None:
    counts = torch.tensor([2.0, 1, 0, 1, 1]).unsqueeze(1)
    rows = torch.tensor([0, 0, 1, 3, 4])
    counted = head_loss(name, scored=SCORED * counts)
    repeated = head_loss(name, LOGITS[:, rows], LABELS[rows], SCORED[rows])
    assert counted.tolist() == pytest.approx(repeated.tolist())


@pytest.mark.parametrize("name", LOSSES)
def test_heads_may_have_labels_of_their_own(name: str) -> None:
    labels = torch.stack([LABELS, 1 - LABELS, LABELS])
    alone = [
        float(head_loss(name, logits.unsqueeze(0), own)[0])
        for logits, own in zip(LOGITS, labels, strict=True)
    ]
    assert head_loss(name, labels=labels).tolist() == pytest.approx(alone)


@pytest.mark.parametrize("name", LOSSES)
def test_the_gradient_is_that_of_finite_differences(name: str) -> None:
    assert torch.autograd.gradcheck(partial(head_loss, name), (3 * LOGITS).requires_grad_())


@pytest.mark.parametrize("name", LOSSES)
def test_extreme_logits_have_a_finite_loss_and_gradient(name: str) -> None:
    logits = torch.tensor([-1e4, -100.0, 0, 100, 1e4]).repeat(14, 1).T[None].clone()
    for labels in (torch.zeros(5, 14), torch.ones(5, 14)):
        loss = head_loss(name, logits.requires_grad_(), labels, torch.ones(5, 14))
        (slope,) = torch.autograd.grad(loss.sum(), logits)
        assert loss.isfinite().all()
        assert slope.isfinite().all()


@pytest.mark.parametrize("name", LOSSES)
def test_logits_in_bf16_are_summed_in_float32(name: str) -> None:
    rounded = LOGITS.to(torch.bfloat16).repeat(1, 200, 1)
    labels, scored = LABELS.repeat(200, 1), SCORED.repeat(200, 1)
    found = head_loss(name, rounded, labels.to(torch.bfloat16), scored)
    exact = head_loss(name, rounded.double(), labels, scored)
    assert found.tolist() == pytest.approx(exact.tolist(), rel=1e-5)


@pytest.mark.parametrize("name", LOSSES)
def test_no_constant_beats_the_best_constant(name: str) -> None:
    loss = LOSSES[name]
    constant = loss.best_constant(NUM_POSITIVE, NUM_NEGATIVE)
    image = torch.arange(74).unsqueeze(1)
    labels, scored = image < NUM_POSITIVE, image < NUM_POSITIVE + NUM_NEGATIVE
    tried = [
        float(head_loss(name, (constant + step).expand(1, 74, 14), labels.double(), scored)[0])
        for step in (-0.05, 0, 0.05)
    ]
    assert tried[1] <= min(tried)


def test_bce_is_torch_s_over_the_scored_labels() -> None:
    expected = [binary_cross_entropy_with_logits(head[SCORED], LABELS[SCORED]) for head in LOGITS]
    assert head_loss("bce").tolist() == pytest.approx([float(value) for value in expected])


def test_bce_of_an_even_guess_is_log_2() -> None:
    loss = head_loss("bce", torch.zeros(1, 5, 14), LABELS.float(), torch.ones(5, 14))
    assert loss.tolist() == pytest.approx([math.log(2)])


def test_the_best_constant_of_bce_is_the_log_odds_of_the_prevalence() -> None:
    constant = LOSSES["bce"].best_constant(NUM_POSITIVE, NUM_NEGATIVE)
    assert constant.tolist() == pytest.approx(
        (NUM_POSITIVE / NUM_NEGATIVE).log().tolist(), abs=0.006
    )


def test_weighted_bce_is_torch_s_with_absent_labels_per_present_one() -> None:
    weight = NUM_NEGATIVE / NUM_POSITIVE
    losses = binary_cross_entropy_with_logits(
        LOGITS, LABELS.expand_as(LOGITS), pos_weight=weight, reduction="none"
    )
    expected = [float(each[SCORED].mean()) for each in losses]
    assert head_loss("weighted_bce").tolist() == pytest.approx(expected)


def test_weighted_bce_weighs_both_classes_alike() -> None:
    constant = LOSSES["weighted_bce"].best_constant(NUM_POSITIVE, NUM_NEGATIVE)
    assert constant.tolist() == pytest.approx([0] * 14, abs=1e-9)


@pytest.mark.parametrize("name", ["focal", "asymmetric"])
def test_a_fading_loss_is_its_formula(name: str) -> None:
    z, y = LOGITS.numpy(), LABELS.numpy()
    p = 1 / (1 + np.exp(-z))
    shifted = np.maximum(p - 0.05, 0)
    present = {"focal": -0.25 * (1 - p) ** 2 * np.log(p), "asymmetric": -np.log(p)}[name]
    absent = {
        "focal": -0.75 * p**2 * np.log(1 - p),
        "asymmetric": -(shifted**4) * np.log(1 - shifted),
    }[name]
    costs = np.where(y == 1, present, absent)
    expected = [each[SCORED.numpy()].mean() for each in costs]
    assert head_loss(name).tolist() == pytest.approx(expected)


def test_focal_without_fading_is_half_of_bce_where_both_classes_weigh_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("core.losses.focal.FADING", 0.0)
    monkeypatch.setattr("core.losses.focal.PRESENT_SHARE", 0.5)
    expected = (head_loss("bce") / 2).tolist()
    assert head_loss("focal").tolist() == pytest.approx(expected)


def test_an_absent_label_that_is_predicted_below_the_margin_costs_nothing() -> None:
    logits = torch.full((1, 5, 14), math.log(0.04 / 0.96))
    loss = head_loss("asymmetric", logits, torch.zeros(5, 14), torch.ones(5, 14))
    assert loss.tolist() == [0]


def test_losses_that_shift_the_probability_are_marked_as_uncalibrated() -> None:
    shifts = {
        name
        for name, loss in LOSSES.items()
        for constant in [loss.best_constant(NUM_POSITIVE, NUM_NEGATIVE)]
        if not np.allclose(constant, (NUM_POSITIVE / NUM_NEGATIVE).log(), atol=0.006)
    }
    assert shifts == {name for name, loss in LOSSES.items() if not loss.calibrated}


def test_the_linear_stage_after_a_representation_loss_is_bce() -> None:
    after = [name for name, loss in LOSSES.items() if loss.representation]
    assert after == ["supcon"]
    assert head_loss("supcon").tolist() == head_loss("bce").tolist()
