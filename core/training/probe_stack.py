"""Heads on the same features and batches, trained as one matrix.

Shapes: H heads, B images of a batch, N images, D features, F = 14 findings.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.findings import NUM_FINDINGS
from core.losses.spec import LossSpec
from core.training.probe_sample import Resample, Sample

BIAS_NUMBERS = 16
"""Numbers that a head's biases take up: whole vectors of a CPU, so that a head's rounding does not
depend on the heads beside it."""


@dataclass(frozen=True, eq=False)
class HeadObjective:
    """What a request's heads lower: a loss on source train, or on a resample of it.

    Args:
        loss: Row of `LOSSES`.
        resample: How often each image counts.
        trained: bool [F], the findings that heads are fitted on.
    """

    loss: LossSpec
    resample: Resample
    trained: NDArray[np.bool_]

    def scored(self, sample: Sample) -> Tensor:
        """float32 (N, F): how often each label counts."""
        counted = np.outer(self.resample.image_counts, self.trained).astype(np.float32)
        return sample.scored * torch.from_numpy(counted).to(sample.scored.device)

    @property
    def positive_weight(self) -> Tensor:
        """float32 (F,): what a present label weighs."""
        return self.loss.positive_weight(*self._counts)

    @property
    def start(self) -> Tensor:
        """float32 (F,): the bias to begin with, the best constant answer.

        Half a case is added to each class, so that it is finite where a class is empty.
        """
        present, absent = self._counts
        return self.loss.best_constant(present + 0.5, absent + 0.5).float()

    @property
    def _counts(self) -> tuple[Tensor, Tensor]:
        counts = self.resample.num_positive, self.resample.num_negative
        return torch.from_numpy(counts[0]), torch.from_numpy(counts[1])


@dataclass(frozen=True, eq=False)
class Candidate:
    """One head that is trained.

    Args:
        objective: What it lowers; shared by the candidates of a request.
        learning_rate: Of AdamW.
        weight_decay: Of AdamW, on the weights; biases do not decay.
    """

    objective: HeadObjective
    learning_rate: float
    weight_decay: float


@dataclass(frozen=True, eq=False)
class _OnDevice:
    """An objective and the heads of a stack that lower it.

    Args:
        loss: Row of `LOSSES`.
        rows: int64 (h,), the heads.
        scored: float32 (N, F), how often each label counts.
        positive_weight: float32 (F,).
    """

    loss: LossSpec
    rows: Tensor
    scored: Tensor
    positive_weight: Tensor


class HeadStack:
    """One weight matrix for all candidates.

    Weights start at 0 and biases at the best constant. Every epoch has a new order of the
    images, from the seed alone. A head's gradient does not depend on the other heads, and AdamW
    works on each weight by itself, so each head is trained as if it were alone.

    Args:
        sample: Source train.
        candidates: The heads; those with the same rate and decay next to each other.
        seed: Of the order of the images.
        batch_size: Images a step.
    """

    def __init__(
        self, sample: Sample, candidates: Sequence[Candidate], seed: int, batch_size: int
    ) -> None:
        self._sample, self._batch_size = sample, batch_size
        self._generator = torch.Generator().manual_seed(seed)
        device, num_features = sample.features.device, sample.features.shape[1]
        weight = torch.zeros(len(candidates), NUM_FINDINGS, num_features, device=device)
        bias = torch.zeros(len(candidates), BIAS_NUMBERS, device=device)
        slopes = torch.zeros_like(weight), torch.zeros_like(bias)
        groups = _groups(candidates, (weight, bias), slopes)
        self._optimizer = torch.optim.AdamW(groups, fused=True)
        self._weight, self._bias = weight, bias[:, :NUM_FINDINGS]
        self._slope_of_weight, self._slope_of_bias = slopes[0], slopes[1][:, :NUM_FINDINGS]
        self._bias.copy_(torch.stack([candidate.objective.start for candidate in candidates]))
        self._objectives = list(_objectives(candidates, sample))

    def train_one_epoch(self) -> NDArray[np.float64]:
        """One pass in a new order; returns each head's mean loss, float64 [H]."""
        features = self._sample.features
        order = torch.randperm(len(features), generator=self._generator).to(features.device)
        total = torch.zeros(len(self._bias), device=features.device)
        for rows in order.split(self._batch_size):
            total += self._step(rows) * len(rows)
        return (total / len(order)).double().cpu().numpy()

    def logits(self, features: Tensor) -> Tensor:
        """float32 (H, B, F) of standardised features (B, D)."""
        flat = torch.addmm(self._bias.reshape(-1), features, self._weight.flatten(0, 1).T)
        return flat.view(len(features), -1, NUM_FINDINGS).transpose(0, 1)

    def head(self, row: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """One head's weight [F, D] and bias [F] as they are now, on standardised features."""
        weight, bias = self._weight[row], self._bias[row]
        return weight.double().cpu().numpy(), bias.double().cpu().numpy()

    def _step(self, rows: Tensor) -> Tensor:
        features = self._sample.features.index_select(0, rows)
        losses, slopes = self._losses(self.logits(features), rows)
        flat = slopes.transpose(0, 1).reshape(len(rows), -1)
        torch.mm(flat.T, features, out=self._slope_of_weight.flatten(0, 1))
        torch.sum(slopes, 1, out=self._slope_of_bias)
        self._optimizer.step()
        return losses

    def _losses(self, logits: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Each head's loss (H,), and its slope by the logits (H, B, F)."""
        labels = self._sample.labels.index_select(0, rows)
        losses, slopes = logits.new_empty(len(logits)), logits.new_empty(logits.shape)
        for each in self._objectives:
            own = logits.index_select(0, each.rows).requires_grad_()
            scored = each.scored.index_select(0, rows)
            means = each.loss.head_loss(own, labels, scored, each.positive_weight)
            losses.index_copy_(0, each.rows, means.detach())
            slopes.index_copy_(0, each.rows, *torch.autograd.grad(means.sum(), own))
        return losses, slopes


def rate_and_decay(candidate: Candidate) -> tuple[float, float]:
    """What AdamW is told of a candidate."""
    return candidate.learning_rate, candidate.weight_decay


def _groups(
    candidates: Sequence[Candidate], stacked: tuple[Tensor, Tensor], slopes: tuple[Tensor, Tensor]
) -> list[dict[str, object]]:
    """AdamW's parameter groups: slices of weights and biases with one rate and decay."""
    groups: list[dict[str, object]] = []
    stop = 0
    for (rate, decay), members in groupby(candidates, rate_and_decay):
        start, stop = stop, stop + len(list(members))
        for whole, slope, its_decay in zip(stacked, slopes, (decay, 0.0), strict=True):
            part = whole[start:stop]
            part.grad = slope[start:stop]
            groups.append({"params": [part], "lr": rate, "weight_decay": its_decay})
    return groups


def _objectives(candidates: Sequence[Candidate], sample: Sample) -> Iterator[_OnDevice]:
    device = sample.features.device
    for objective in dict.fromkeys(candidate.objective for candidate in candidates):
        rows = [row for row, each in enumerate(candidates) if each.objective is objective]
        yield _OnDevice(
            loss=objective.loss,
            rows=torch.tensor(rows, device=device),
            scored=objective.scored(sample),
            positive_weight=objective.positive_weight.to(device),
        )
