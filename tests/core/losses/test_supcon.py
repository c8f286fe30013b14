"""The contrastive loss of given pairs, against three others and at its edges."""

import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pytorch_metric_learning.losses import SupConLoss
from torch import Tensor
from torch.nn.functional import normalize

from core.losses.supcon import Pairs, pair_masks, supcon
from tests.fixtures.contrastive_views import (
    POLICIES,
    UNKNOWN,
    batches,
    embeddings,
    gradient,
    random_images,
    two_views,
)


def literal(z: Tensor, pairs: Pairs, temperature: float) -> tuple[Tensor, int]:
    """The formula as it is printed, one anchor and one positive at a time."""
    total, num_anchors = torch.zeros((), dtype=z.dtype), 0
    for i in range(len(z)):
        positives = [p for p in range(len(z)) if pairs.positive[i, p] > 0]
        if not positives:
            continue
        num_anchors += 1
        others = [a for a in range(len(z)) if pairs.contrast[i, a]]
        denominator = torch.stack([torch.exp(z[i] @ z[a] / temperature) for a in others]).sum()
        weights = sum(float(pairs.positive[i, p]) for p in positives)
        for p in positives:
            ratio = torch.exp(z[i] @ z[p] / temperature) / denominator
            total = total - float(pairs.positive[i, p]) / weights * torch.log(ratio)
    return total, num_anchors


def total_of(pairs: Pairs) -> Callable[[Tensor], Tensor]:
    def total(z: Tensor) -> Tensor:
        return supcon(z, pairs, temperature=0.3).total

    return total


@pytest.mark.parametrize("policy", POLICIES, ids=str)
@pytest.mark.parametrize("temperature", [0.07, 0.5])
def test_the_loss_and_its_gradient_are_those_of_the_printed_formula(
    policy: dict[str, Any], temperature: float
) -> None:
    pairs = pair_masks(*random_images(7, seed=3), **policy)
    z = embeddings(14).requires_grad_()
    total, num_anchors = supcon(z, pairs, temperature)
    expected, expected_anchors = literal(z, pairs, temperature)
    assert int(num_anchors) == expected_anchors
    assert total.item() == pytest.approx(expected.item(), abs=1e-6)
    assert torch.allclose(gradient(total, z), gradient(expected, z), rtol=0, atol=1e-6)


def test_the_gradient_is_that_of_finite_differences() -> None:
    pairs = pair_masks(*random_images(4, seed=1))
    z = embeddings(8).requires_grad_()
    assert torch.autograd.gradcheck(total_of(pairs), z)


@pytest.mark.parametrize("no_finding", ["own-view", "class"])
@pytest.mark.parametrize("share_unknown", [0.0, 0.2])
def test_it_equals_pytorch_metric_learning_given_the_pairs(
    no_finding: Literal["own-view", "class"], share_unknown: float
) -> None:
    labels, image = random_images(12, seed=5, share_unknown=share_unknown)
    pairs = pair_masks(labels, image, no_finding)
    positive = pairs.positive > 0
    indices = (
        *positive.nonzero(as_tuple=True),
        *(pairs.contrast & ~positive).nonzero(as_tuple=True),
    )
    ours, theirs = ((5 * embeddings(24)).requires_grad_() for _ in range(2))
    total, num_anchors = supcon(normalize(ours, dim=1), pairs, 0.1)
    expected = SupConLoss(temperature=0.1)(theirs, indices_tuple=indices)  # it normalises itself
    mean = total / num_anchors
    assert mean.item() == pytest.approx(expected.item(), abs=1e-6)
    assert torch.allclose(gradient(mean, ours), gradient(expected, theirs), rtol=0, atol=1e-6)


def test_with_one_label_an_image_it_is_the_original_loss() -> None:
    label = torch.tensor([0, 1, 2, 1, 0, 0])
    one_hot = torch.nn.functional.one_hot(label).to(torch.int8).repeat(2, 1)
    pairs = pair_masks(one_hot, torch.arange(6).repeat(2))
    z = embeddings(12).requires_grad_()
    total, num_anchors = supcon(z, pairs, 0.2)
    both = label.repeat(2)
    others = ~torch.eye(12, dtype=torch.bool)
    positive = (both[:, None] == both[None]) & others
    odds = (z @ z.T / 0.2).exp()
    log_share = (odds / (odds * others).sum(1, keepdim=True)).log()
    expected = -((log_share * positive).sum(1) / positive.sum(1)).mean()
    assert (total / num_anchors).item() == pytest.approx(expected.item(), abs=1e-6)
    difference = gradient(total / num_anchors, z) - gradient(expected, z)
    assert float(difference.abs().max()) <= 1e-6


def test_shares_of_the_anchors_add_up_to_the_whole() -> None:
    pairs = pair_masks(*random_images(8, seed=2))
    z = embeddings(16)
    whole = supcon(z, pairs, 0.1)
    parts = [supcon(z, pairs, 0.1, part) for part in (slice(0, 5), slice(5, 16))]
    assert float(whole.total) == pytest.approx(sum(float(part.total) for part in parts))
    assert int(whole.num_anchors) == sum(int(part.num_anchors) for part in parts)


def test_an_anchor_without_a_positive_is_left_out() -> None:
    labels = torch.tensor([[1, 0], [1, 0], [0, 1]], dtype=torch.int8)
    pairs = pair_masks(labels, torch.arange(3))
    z = embeddings(3).requires_grad_()
    total, num_anchors = supcon(z, pairs, 0.1)
    assert int(num_anchors) == 2
    assert gradient(total, z).isfinite().all()


def test_a_batch_without_any_positive_costs_nothing_and_pulls_nowhere() -> None:
    labels = torch.full((4, 14), UNKNOWN, dtype=torch.int8)
    z = embeddings(4).requires_grad_()
    total, num_anchors = supcon(z, pair_masks(labels, torch.arange(4)), 0.1)
    assert (total.item(), int(num_anchors)) == (0.0, 0)
    assert gradient(total, z).abs().max() == 0


def test_where_nothing_is_known_only_views_of_one_image_are_compared() -> None:
    labels, image = two_views([[UNKNOWN] * 14] * 3)
    total, num_anchors = supcon(embeddings(6), pair_masks(labels, image), 0.1)
    assert (total.item(), int(num_anchors)) == (pytest.approx(0, abs=1e-12), 6)


def test_bf16_under_autocast_is_close_to_float64() -> None:
    pairs = pair_masks(*random_images(32, seed=7))
    z = embeddings(64, num_dims=128)
    rounded = z.to(torch.bfloat16)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        total, num_anchors = supcon(rounded, pairs, 0.05)
    exact = supcon(rounded.double(), pairs, 0.05)
    assert total.dtype == torch.float32
    assert (total / num_anchors).item() == pytest.approx(
        float(exact.total / exact.num_anchors), rel=1e-5
    )
    assert total.item() == pytest.approx(float(supcon(z, pairs, 0.05).total), rel=0.01)


def test_identical_embeddings_at_a_low_temperature_stay_finite() -> None:
    pairs = pair_masks(*random_images(8, seed=4))
    z = normalize(torch.ones(16, 8), dim=1).to(torch.bfloat16).requires_grad_()
    total, num_anchors = supcon(z, pairs, 1e-3)
    sizes = pairs.contrast.sum(1)[pairs.positive.sum(1) > 0]
    expected = sum(math.log(size) for size in sizes.tolist())
    assert total.item() == pytest.approx(expected, rel=1e-3)
    assert int(num_anchors) == 16
    assert gradient(total, z).isfinite().all()


@settings(max_examples=60)
@given(labels=batches, seed=st.integers(0, 99), policy=st.sampled_from(POLICIES))
def test_no_batch_gives_nan_and_no_pair_is_one_sided(
    labels: NDArray[np.int8], seed: int, policy: dict[str, Any]
) -> None:
    rows = torch.from_numpy(labels).repeat(2, 1)
    pairs = pair_masks(rows, torch.arange(len(labels)).repeat(2), **policy)
    z = embeddings(len(rows), seed=seed).requires_grad_()
    total, num_anchors = supcon(z, pairs, 0.05)
    assert total.item() >= 0
    assert gradient(total, z).isfinite().all()
    assert int(num_anchors) == len(rows)
    assert torch.equal(pairs.positive, pairs.positive.T)
    assert torch.equal(pairs.contrast, pairs.contrast.T)
    assert pairs.contrast[pairs.positive > 0].all()


@settings(max_examples=40)
@given(labels=batches, seed=st.integers(0, 99), policy=st.sampled_from(POLICIES))
def test_the_order_of_the_views_does_not_matter(
    labels: NDArray[np.int8], seed: int, policy: dict[str, Any]
) -> None:
    rows, image = torch.from_numpy(labels).repeat(2, 1), torch.arange(len(labels)).repeat(2)
    z = embeddings(len(rows), seed=seed)
    order = torch.from_numpy(np.random.default_rng(seed).permutation(len(rows)))
    total = supcon(z, pair_masks(rows, image, **policy), 0.1).total
    shuffled = supcon(z[order], pair_masks(rows[order], image[order], **policy), 0.1).total
    assert total.item() == pytest.approx(float(shuffled))
