"""Which views attract each other, which repel, and which do neither."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from numpy.typing import NDArray

from core.losses.supcon import pair_masks
from tests.fixtures.contrastive_views import UNKNOWN, batches, two_views


def relation(
    first: list[int], second: list[int], policy: Mapping[str, Any] = MappingProxyType({})
) -> tuple[float, bool]:
    """How much an image attracts another one, and whether it stands in its denominator."""
    pairs = pair_masks(*two_views([first, second]), **policy)
    return float(pairs.positive[0, 1]), bool(pairs.contrast[0, 1])


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([1, 0, 0], [1, 0, 1], (1.0, True)),
        ([1, 0, 0], [0, 1, 0], (0.0, True)),
        ([1, UNKNOWN, 0], [1, 1, 0], (1.0, True)),
        ([1, UNKNOWN, 0], [0, 1, 0], (0.0, False)),
        ([1, UNKNOWN, 0], [0, 0, 1], (0.0, True)),
        ([UNKNOWN, 0, 0], [UNKNOWN, 0, 0], (0.0, False)),
        ([0, 0, 0], [0, 0, 0], (0.0, True)),
    ],
    ids=[
        "a finding in both",
        "nothing in common",
        "a finding in both, another one unknown",
        "it may share a finding",
        "what is unknown is absent in the other",
        "both may have it",
        "no finding in either",
    ],
)
def test_a_pair_is_positive_negative_or_neither(
    first: list[int], second: list[int], expected: tuple[float, bool]
) -> None:
    assert relation(first, second) == expected


def test_views_of_one_image_attract_each_other_and_never_themselves() -> None:
    pairs = pair_masks(*two_views([[UNKNOWN, UNKNOWN], [0, 0]]))
    assert pairs.positive.tolist() == [[0, 0, 1, 0], [0, 0, 0, 1], [1, 0, 0, 0], [0, 1, 0, 0]]
    assert not pairs.contrast.diagonal().any()


def test_images_without_a_finding_attract_each_other_only_as_a_class() -> None:
    empty, other, unsure = [0, 0], [1, 0], [0, UNKNOWN]
    assert relation(empty, empty, {"no_finding": "class"}) == (1.0, True)
    assert relation(empty, other, {"no_finding": "class"}) == (0.0, True)
    assert relation(empty, unsure, {"no_finding": "class"}) == (0.0, True)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([1, 1, 0, 0], [1, 0, 1, 0], 1 / 3),
        ([1, 1, 0, 0], [1, 1, 0, 0], 1.0),
        ([1, UNKNOWN, 0, 0], [1, 1, 0, 1], 1 / 2),
    ],
)
def test_jaccard_weighs_a_pair_by_the_overlap_of_what_is_known_in_both(
    first: list[int], second: list[int], expected: float
) -> None:
    weight, is_contrast = relation(first, second, {"positives": "jaccard"})
    assert weight == pytest.approx(expected)
    assert is_contrast


@settings(max_examples=40)
@given(labels=batches)
def test_learning_an_unknown_label_never_turns_a_known_relation(
    labels: NDArray[np.int8],
) -> None:
    image = torch.arange(len(labels))
    before = pair_masks(torch.from_numpy(labels), image)
    for answer in (0, 1):
        known = torch.from_numpy(np.where(labels == UNKNOWN, answer, labels).astype(np.int8))
        after = pair_masks(known, image)
        assert (after.positive > 0)[before.positive > 0].all()
        negative = before.contrast & (before.positive == 0)
        assert not (after.positive > 0)[negative].any()
