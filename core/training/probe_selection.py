"""Which head a request wants, and which of its candidates source validation chooses.

Shapes: D features, F = 14 findings.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.errors import CxrError
from core.findings import FINDINGS, Finding
from core.losses.spec import LossSpec
from core.specs import RunSpec
from core.tables import CURVES
from core.training.head import Head, Standardisation
from core.training.probe_ranking import Ranking
from core.training.probe_sample import Resample, findings_of, mask_of
from core.training.probe_stack import Candidate, HeadObjective, HeadStack


@dataclass(frozen=True)
class HeadRequest:
    """A head that is wanted; learning rates × weight decays are its candidates.

    Args:
        loss: Row of `LOSSES`.
        learning_rates: Of AdamW.
        weight_decays: Of AdamW.
        seed: Of the order of the images.
        epochs: Passes over source train.
        batch_size: Images a step.
        resample: Number of the patient bootstrap of source train that it is fitted on; None for
            source train as it is.
        findings: Those that may be fitted; of them, those with both classes are.
    """

    loss: LossSpec
    learning_rates: tuple[float, ...]
    weight_decays: tuple[float, ...]
    seed: int
    epochs: int
    batch_size: int
    resample: int | None = None
    findings: tuple[Finding, ...] = FINDINGS

    @classmethod
    def of(cls, loss: LossSpec, spec: RunSpec) -> "HeadRequest":
        """The linear stage of a run."""
        return cls(
            loss=loss,
            learning_rates=spec.learning_rates,
            weight_decays=spec.weight_decays,
            seed=spec.seed,
            epochs=spec.epochs,
            batch_size=spec.batch_size,
            resample=spec.resample,
        )


@dataclass(frozen=True, eq=False)
class Selected:
    """The head that source validation chose.

    Args:
        head: The head.
        epoch: Passes over source train that it had, from 1.
        learning_rate: That it was trained with.
        weight_decay: That it was trained with.
        val_map: Its mean average precision on source validation.
        curves: One row per epoch and candidate (`tables.CURVES`).
    """

    head: Head
    epoch: int
    learning_rate: float
    weight_decay: float
    val_map: float
    curves: pl.DataFrame


@dataclass(frozen=True, eq=False)
class _Best:
    """The leading candidate, as it was after its best epoch."""

    val_map: float
    epoch: int
    candidate: Candidate
    weight: NDArray[np.float64]
    bias: NDArray[np.float64]


class Contest:
    """The candidates of one request, and the best of them so far, or why there will be none.

    Args:
        request: What is wanted.
        resample: How often each image of source train counts.
        in_val: bool [F], the findings with both classes in source validation.
    """

    def __init__(self, request: HeadRequest, resample: Resample, in_val: NDArray[np.bool_]) -> None:
        self.request = request
        self.trained = mask_of(request.findings) & resample.has_both_classes
        self.judged = self.trained & in_val
        objective = HeadObjective(request.loss, resample, self.trained)
        self.candidates = [
            Candidate(objective, rate, decay)
            for rate, decay in product(request.learning_rates, request.weight_decays)
        ]
        self.failure: CxrError | None = None
        self._best: _Best | None = None
        self._rows: list[dict[str, object]] = []

    def enter(
        self,
        epoch: int,
        stack: HeadStack,
        rows: Sequence[int],
        losses: NDArray[np.float64],
        ranking: Ranking,
    ) -> None:
        """Take in how the candidates stand after an epoch; who led before keeps a tie.

        Args:
            epoch: From 1.
            stack: Holds the candidates among other heads.
            rows: Where each candidate stands in it.
            losses: float64 [H], of all its heads.
            ranking: [H, F], of all its heads on source validation.
        """
        for row, candidate in zip(rows, self.candidates, strict=True):
            val_map = float(ranking.average_precision[row, self.judged].mean())
            if self._best is None or val_map > self._best.val_map:
                self._best = _Best(val_map, epoch, candidate, *stack.head(row))
            self._rows.append(
                {
                    "stage": "head",
                    "epoch": epoch,
                    "learning_rate": candidate.learning_rate,
                    "weight_decay": candidate.weight_decay,
                    "train_loss": losses[row],
                    "val_map": val_map,
                    "val_auroc": float(ranking.auroc[row, self.judged].mean()),
                }
            )

    def selected(self, standardisation: Standardisation) -> Selected:
        """The best candidate, its weights on raw features."""
        assert self._best is not None, "no epoch has been trained"
        best = self._best
        return Selected(
            head=standardisation.fold(best.weight, best.bias, findings_of(self.trained)),
            epoch=best.epoch,
            learning_rate=best.candidate.learning_rate,
            weight_decay=best.candidate.weight_decay,
            val_map=best.val_map,
            curves=self._curves(best),
        )

    def _curves(self, best: _Best) -> pl.DataFrame:
        is_best = (
            (pl.col("epoch") == best.epoch)
            & (pl.col("learning_rate") == best.candidate.learning_rate)
            & (pl.col("weight_decay") == best.candidate.weight_decay)
        )
        rows = pl.DataFrame(self._rows).with_columns(is_best.alias("selected"))
        return pl.concat([CURVES.empty(), rows], how="diagonal_relaxed").cast(CURVES.schema)
