"""Linear heads on the features of a frozen backbone: many at once, one of them chosen.

Shapes: H heads, N images, D features, F = 14 findings.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.errors import ProtocolError
from core.findings import FINDINGS, NUM_FINDINGS, Finding
from core.losses.registry import LossSpec
from core.metrics.ranking import auroc, average_precision
from core.progress import Progress, silent
from core.roles import NOT_SCORED, Examples, SourceTrain, SourceVal, require_role
from core.specs import RunSpec
from core.tables import CURVES
from core.training.head import Head, Standardisation


@dataclass(frozen=True, eq=False)
class Selected:
    """The head that source validation chose.

    Args:
        head: The head.
        epoch: Passes over source train that it had, from 1.
        learning_rate: That it was trained with.
        val_map: Its mean average precision on source validation.
        curves: One row per epoch and learning rate (`tables.CURVES`).
    """

    head: Head
    epoch: int
    learning_rate: float
    val_map: float
    curves: pl.DataFrame


def fit(
    train: Examples,
    val: Examples,
    loss: LossSpec,
    spec: RunSpec,
    progress: Progress = silent,
) -> Selected:
    """Train one head per learning rate, all in one pass, and choose by source-validation mAP.

    Weights start at 0 and biases at the log-odds of the finding in source train; features are
    standardised by source train. AdamW; the epoch and learning rate with the highest mean
    average precision win, the earlier epoch and smaller rate on ties.

    Args:
        train: Source train: features float [N, D] and labels by the training policy.
        val: Source validation: features and labels by the scoring policy.
        loss: Row of `LOSSES`.
        spec: The run.
        progress: Told after each epoch.

    Raises:
        ProtocolError: If `train` or `val` is anything else, or holds no finding with both
            classes.
    """
    train = require_role(train, SourceTrain, "Fitting")
    val = require_role(val, SourceVal, "Model selection")
    findings = _with_both_classes(train)
    judged = [finding for finding in _with_both_classes(val) if finding in findings]
    if not judged:
        raise ProtocolError(
            f"Source {train.dataset!r} has no finding with both classes in train and validation; "
            "nothing can be fitted and selected on it."
        )
    standardisation = Standardisation.of(train.values)
    heads = _Heads(train, findings, standardisation, loss, spec)
    val_features = torch.from_numpy(standardisation.apply(val.values))
    rows: list[tuple[object, ...]] = []
    best = (-1.0, 0, 0, heads.copy_of(0))
    for epoch in range(1, spec.epochs + 1):
        losses = heads.train_one_epoch()
        for index, rate in enumerate(spec.learning_rates):
            val_map, val_auroc = _judge(heads.logits(index, val_features), val.labels, judged)
            rows.append(("head", epoch, rate, losses[index], val_map, val_auroc, False))
            if val_map > best[0]:
                best = (val_map, epoch, index, heads.copy_of(index))
        progress("training heads", epoch, spec.epochs)
    val_map, epoch, index, weights = best
    rate = spec.learning_rates[index]
    return Selected(
        head=standardisation.fold(*weights, findings),
        epoch=epoch,
        learning_rate=rate,
        val_map=val_map,
        curves=_curves(rows, epoch, rate),
    )


class _Heads:
    """One weight matrix per learning rate, trained on the same batches."""

    def __init__(
        self,
        train: SourceTrain,
        findings: tuple[Finding, ...],
        standardisation: Standardisation,
        loss: LossSpec,
        spec: RunSpec,
    ) -> None:
        self.loss, self.batch_size = loss, spec.batch_size
        self.features = torch.from_numpy(standardisation.apply(train.values))
        trained = np.array([finding in findings for finding in FINDINGS])
        self.scored = torch.from_numpy((train.labels != NOT_SCORED) & trained)
        self.labels = torch.from_numpy(np.float32(train.labels == 1))
        prior = torch.from_numpy(_log_odds(train.labels))
        zeros = torch.zeros(NUM_FINDINGS, self.features.shape[1])
        self.weights = [zeros.clone().requires_grad_() for _ in spec.learning_rates]
        self.biases = [prior.clone().requires_grad_() for _ in spec.learning_rates]
        groups = [
            {"params": [weight, bias], "lr": rate}
            for weight, bias, rate in zip(
                self.weights, self.biases, spec.learning_rates, strict=True
            )
        ]
        self.optimizer = torch.optim.AdamW(groups, weight_decay=spec.weight_decays[0])
        self.generator = torch.Generator().manual_seed(spec.seed)

    def train_one_epoch(self) -> list[float]:
        """One pass in a new order; returns each head's mean loss."""
        order = torch.randperm(len(self.features), generator=self.generator)
        total = torch.zeros(len(self.weights))
        for rows in order.split(self.batch_size):
            logits = torch.einsum("nd,hfd->hnf", self.features[rows], torch.stack(self.weights))
            logits = logits + torch.stack(self.biases).unsqueeze(1)
            losses = self.loss.head_loss(logits, self.labels[rows], self.scored[rows])
            self.optimizer.zero_grad()
            losses.sum().backward()
            self.optimizer.step()
            total += losses.detach() * len(rows)
        return (total / len(order)).tolist()

    def logits(self, index: int, features: Tensor) -> NDArray[np.float32]:
        """float32 [N, F] of one head."""
        with torch.no_grad():
            return (features @ self.weights[index].T + self.biases[index]).numpy()

    def copy_of(self, index: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """One head's weight [F, D] and bias [F] as they are now."""
        weight, bias = self.weights[index].detach(), self.biases[index].detach()
        return weight.double().numpy().copy(), bias.double().numpy().copy()


def _with_both_classes(examples: Examples) -> tuple[Finding, ...]:
    present, absent = (examples.labels == 1).any(0), (examples.labels == 0).any(0)
    return tuple(finding for finding, both in zip(FINDINGS, present & absent, strict=True) if both)


def _log_odds(labels: NDArray[np.int8]) -> NDArray[np.float32]:
    """Of each finding's prevalence, with half a case added to each class."""
    present, absent = (labels == 1).sum(0), (labels == 0).sum(0)
    return np.log((present + 0.5) / (absent + 0.5)).astype(np.float32)


def _judge(
    logits: NDArray[np.float32], labels: NDArray[np.int8], judged: list[Finding]
) -> tuple[float, float]:
    """Mean average precision and mean AUROC over the judged findings."""
    precisions: list[float] = []
    aurocs: list[float] = []
    for finding in judged:
        column = FINDINGS.index(finding)
        known = labels[:, column] != NOT_SCORED
        scores, truth = logits[known, column], labels[known, column]
        precision, area = average_precision(scores, truth), auroc(scores, truth)
        assert precision is not None
        assert area is not None
        precisions.append(precision)
        aurocs.append(area)
    return float(np.mean(precisions)), float(np.mean(aurocs))


def _curves(rows: list[tuple[object, ...]], epoch: int, rate: float) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=CURVES.schema, orient="row")
    chosen = (pl.col("epoch") == epoch) & (pl.col("learning_rate") == rate)
    return frame.with_columns(selected=chosen)
