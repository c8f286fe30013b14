"""How far a head is from the lowest loss that it could have reached on source train.

Shapes: D features, F = 14 findings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch import Tensor

from core.findings import FINDINGS, NUM_FINDINGS, Finding
from core.losses.spec import LossSpec
from core.roles import Examples, SourceTrain, require_role
from core.training.head import Head, Standardisation
from core.training.probe_sample import Sample, mask_of, resample
from core.training.probe_stack import HeadObjective


class Reached(NamedTuple):
    """A finding's mean loss over its scored labels.

    Args:
        loss: Of the head.
        lowest: Of the head with the lowest loss.
    """

    loss: float
    lowest: float

    @property
    def share(self) -> float:
        """The share of the head's loss that training to the end would still remove."""
        return (self.loss - self.lowest) / self.loss


@dataclass(frozen=True, eq=False)
class ConvergenceGap:
    """A head against the minimum of what it was trained to lower.

    Args:
        loss: Of the head, on source train.
        lowest: The lowest loss that L-BFGS found from there.
        converged: Whether L-BFGS met its own criterion, and did not stop at its last step.
        closed: The head with the lowest loss.
        findings: The same for each finding that the head was fitted on; no finding's weights bear
            on another's loss, so each is solved for itself.
    """

    loss: float
    lowest: float
    converged: bool
    closed: Head
    findings: Mapping[Finding, Reached]

    @property
    def gap(self) -> float:
        """How much lower the loss could be; never negative."""
        return self.loss - self.lowest


def convergence_gap(
    train: Examples,
    head: Head,
    loss: LossSpec,
    weight_decay: float = 0.0,
    resample_number: int | None = None,
    max_steps: int = 1000,
) -> ConvergenceGap:
    """Solve a head's objective in closed batches by L-BFGS, beginning at the head itself.

    The objective is the mean over all scored labels of source train, in float64. AdamW's
    decoupled decay is no L2 penalty: without batch noise it settles where the loss is lowest
    among weights of at most 1 ÷ decay in size, on standardised features; so L-BFGS-B is bound.

    Args:
        train: Source train: features float [N, D] and labels by the training policy.
        head: The head, on raw features.
        loss: Row of `LOSSES` that it was trained with.
        weight_decay: That it was trained with.
        resample_number: The patient bootstrap that it was trained on.
        max_steps: Of L-BFGS.

    Raises:
        ProtocolError: If `train` is anything but source train.

    Source:
        Byrd et al., SIAM J. Sci. Comput. 1995 (L-BFGS-B); Xie and Li, ICML 2024 (AdamW's bound).
    """
    train = require_role(train, SourceTrain, "Fitting")
    standardisation = Standardisation.of(train.values)
    problem = _Problem(train, standardisation, head, loss, resample_number)
    start = np.concatenate([each.ravel() for each in standardisation.unfold(head)])
    largest = 1 / weight_decay if weight_decay else np.inf
    bounds = [(-largest, largest)] * head.weight.size + [(-np.inf, np.inf)] * head.bias.size
    solution = minimize(
        problem.loss_and_slope,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": max_steps, "maxfun": 2 * max_steps, "ftol": 1e-12, "gtol": 1e-8},
    )
    weight, bias = np.split(solution.x, [head.weight.size])
    return ConvergenceGap(
        loss=problem.loss_and_slope(start)[0],
        lowest=float(solution.fun),
        converged=bool(solution.success),
        closed=standardisation.fold(weight.reshape(head.weight.shape), bias, head.findings),
        findings=problem.reached(start, solution.x),
    )


class _Problem:
    """The objective as a function of all weights and biases in one vector."""

    def __init__(
        self,
        train: SourceTrain,
        standardisation: Standardisation,
        head: Head,
        loss: LossSpec,
        resample_number: int | None,
    ) -> None:
        sample = Sample.of(train, standardisation, torch.device("cpu"))
        objective = HeadObjective(loss, resample(train, resample_number), mask_of(head.findings))
        self._loss, self._findings = loss, head.findings
        self._features, self._labels = sample.features.double(), sample.labels.double()
        self._scored = objective.scored(sample).double()
        self._positive_weight = objective.positive_weight.double()

    def loss_and_slope(self, flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """The mean loss, and its slope by each number, float64 [F·D + F]."""
        values = torch.from_numpy(flat).requires_grad_()
        every = self._logits(values)[None]
        mean = self._loss.head_loss(every, self._labels, self._scored, self._positive_weight)[0]
        (slope,) = torch.autograd.grad(mean, values)
        return mean.item(), slope.numpy()

    def reached(
        self, flat: NDArray[np.float64], solved: NDArray[np.float64]
    ) -> dict[Finding, Reached]:
        """What each finding that is fitted costs a head, and the one with the lowest loss."""
        losses = map(Reached, self._of_findings(flat), self._of_findings(solved))
        each = zip(FINDINGS, losses, strict=True)
        return {finding: its for finding, its in each if finding in self._findings}

    def _of_findings(self, flat: NDArray[np.float64]) -> list[float]:
        """The mean loss of each: a finding is to `head_loss` what a head of one finding is."""
        every = self._logits(torch.from_numpy(flat)), self._labels, self._scored
        logits, labels, scored = (each.T.unsqueeze(-1) for each in every)
        weight = self._positive_weight[:, None, None]
        return self._loss.head_loss(logits, labels, scored, weight).tolist()

    def _logits(self, values: Tensor) -> Tensor:
        weight, bias = values.split([len(values) - NUM_FINDINGS, NUM_FINDINGS])
        return self._features @ weight.view(NUM_FINDINGS, -1).T + bias
