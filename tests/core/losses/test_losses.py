import math

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from core.losses import LOSSES

torch.manual_seed(0)
LOGITS = torch.randn(3, 5, 14, dtype=torch.float64)
LABELS = torch.randint(0, 2, (5, 14)).double()
SCORED = torch.rand(5, 14) < 0.7


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_gives_each_head_its_own_mean(name: str) -> None:
    together = LOSSES[name].head_loss(LOGITS, LABELS, SCORED)
    alone = [LOSSES[name].head_loss(head.unsqueeze(0), LABELS, SCORED)[0] for head in LOGITS]
    assert together.tolist() == pytest.approx([float(value) for value in alone])


@pytest.mark.parametrize("name", LOSSES)
def test_labels_that_are_not_scored_do_not_count(name: str) -> None:
    flipped = torch.where(SCORED, LABELS, 1 - LABELS)
    loss = LOSSES[name].head_loss
    assert torch.equal(loss(LOGITS, LABELS, SCORED), loss(LOGITS, flipped, SCORED))


@pytest.mark.parametrize("name", LOSSES)
def test_a_batch_in_which_nothing_is_scored_costs_nothing(name: str) -> None:
    assert LOSSES[name].head_loss(LOGITS, LABELS, torch.zeros_like(SCORED)).tolist() == [0, 0, 0]


def test_bce_is_torch_s_over_the_scored_labels() -> None:
    expected = [binary_cross_entropy_with_logits(head[SCORED], LABELS[SCORED]) for head in LOGITS]
    found = LOSSES["bce"].head_loss(LOGITS, LABELS, SCORED)
    assert found.tolist() == pytest.approx([float(value) for value in expected])


def test_bce_of_an_even_guess_is_log_2() -> None:
    loss = LOSSES["bce"].head_loss(torch.zeros(1, 5, 14), LABELS.float(), torch.ones(5, 14).bool())
    assert loss.tolist() == pytest.approx([math.log(2)])
