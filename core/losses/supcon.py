"""The supervised contrastive loss for images with several findings, some of them not known.

Shapes: N views, F findings that source train annotates, D dimensions.
"""

from typing import Literal, NamedTuple

import torch
from torch import Tensor

ALL_VIEWS = slice(None)


class Pairs(NamedTuple):
    """What each view (row) is pulled to and told apart from.

    Args:
        positive: float32 (N, N): how much the column attracts the row, 1 in full, 0 not at all.
        contrast: bool (N, N): the columns that stand in the row's denominator, A(i).
    """

    positive: Tensor
    contrast: Tensor


class SupconSum(NamedTuple):
    """The loss before the mean, which runs over the anchors of all devices.

    Args:
        total: float (), sum over the anchors that have a positive.
        num_anchors: int64 (), how many those are.
    """

    total: Tensor
    num_anchors: Tensor


def pair_masks(
    labels: Tensor,
    image_index: Tensor,
    no_finding: Literal["own-view", "class"] = "own-view",
    positives: Literal["shared", "jaccard"] = "shared",
) -> Pairs:
    """Positive and negative pairs of views.

    Positive: the other views of the same image, or a finding known present in both. Negative:
    for every finding at least one of the two is known absent. A pair that is neither may or may
    not share a finding, and stands in neither P(i) nor A(i).

    Args:
        labels: int8 (N, F): 1 present, 0 absent, anything else unknown. Only the findings that
            the source annotates: one that is never known leaves no negative pair.
        image_index: int64 (N,), the same number for the views of one image.
        no_finding: Images in which every finding is known absent attract their own views alone,
            or each other as a `class`.
        positives: A pair with a shared finding attracts in full (`shared`), or by its `jaccard`
            overlap: findings present in both ÷ present in either, of those known in both. Other
            views of the same image, and the `class` without findings, attract in full.
    """
    present, absent = (labels == 1).float(), (labels == 0).float()
    num_shared = present @ present.T
    attraction = (num_shared > 0).float()
    if positives == "jaccard":
        num_in_one = present @ absent.T
        attraction = num_shared / (num_shared + num_in_one + num_in_one.T).clamp(min=1)
    together = image_index[:, None] == image_index[None, :]
    if no_finding == "class":
        empty = (labels == 0).all(1)
        together = together | (empty[:, None] & empty[None, :])
    attraction = attraction.masked_fill(together, 1.0).fill_diagonal_(0)
    may_share = 1 - absent
    negative = may_share @ may_share.T == 0
    contrast = (attraction > 0) | negative
    return Pairs(attraction, contrast.fill_diagonal_(False))


def supcon(
    embeddings: Tensor, pairs: Pairs, temperature: float, anchors: slice = ALL_VIEWS
) -> SupconSum:
    """Sum over anchors i of −Σ_p (w_ip / Σ_p w_ip)·log(exp(z_i·z_p/τ) / Σ_a exp(z_i·z_a/τ)).

    p runs over P(i), a over A(i). With w = 1 this is the sum outside the logarithm; `jaccard`
    weights enter as the share of each positive, so that every anchor counts the same. Anchors
    without a positive are left out. Computed in float32 at least, whatever autocast says.

    Args:
        embeddings: float (N, D), L2-normalised.
        pairs: Of the same views.
        temperature: τ.
        anchors: The rows that are anchors: those of this device; all of them are compared with.

    Source:
        Khosla et al., NeurIPS 2020, eq. 2 (L_out).
    """
    with torch.autocast(embeddings.device.type, enabled=False):
        embeddings = embeddings.to(torch.promote_types(embeddings.dtype, torch.float32))
        similarity = embeddings[anchors] @ embeddings.T / temperature
        weight = pairs.positive[anchors].to(similarity.dtype)
        sum_of_weights = weight.sum(1)
        has_positive = sum_of_weights > 0
        # An anchor alone in its row would give −∞ − ∞; it is compared with all, and left out.
        contrast = pairs.contrast[anchors] | ~has_positive[:, None]
        log_sum = similarity.masked_fill(~contrast, -torch.inf).logsumexp(1)
        pull = (weight * similarity).sum(1) / sum_of_weights.where(has_positive, 1.0)
        losses = (log_sum - pull).where(has_positive, 0.0)
        return SupconSum(losses.sum(), has_positive.sum())
