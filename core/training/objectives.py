"""What a training stage lowers: a loss of logits, or the contrastive loss of embeddings.

Every process computes its share of a batch's mean loss; the shares of all processes, and of all
parts of a batch, add up to the loss of the whole batch, whatever labels are missing where.

Shapes: B images of the whole batch, V views, F findings, K the embedding.
"""

from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.losses.spec import LossSpec
from core.losses.supcon import pair_masks, supcon
from core.roles import NOT_SCORED, Examples, SourceTrain, require_role
from core.specs import ContrastiveSpec
from core.training.distributed import World


class Objective(Protocol):
    """What a stage lowers.

    Args:
        stage: Its name in curves and progress.
        num_views: V, the views of an image that it compares.
    """

    stage: str
    num_views: int

    def share(
        self, outputs: Tensor, mine: NDArray[np.int64], batch: NDArray[np.int64], world: World
    ) -> Tensor:
        """The part of the batch's mean loss that these outputs make up, float ().

        Args:
            outputs: (V·len(mine), …), the network's, view by view.
            mine: Positions of the images they belong to.
            batch: Positions of all images of the batch, over all processes and parts.
            world: The processes.
        """
        ...


class LabelObjective:
    """The mean loss of logits over the labels that are scored.

    Args:
        train: Source train.
        loss: Row of `LOSSES`.
        device: Where labels are wanted.

    Raises:
        ProtocolError: If `train` is anything but source train.
    """

    stage = "tuning"
    num_views = 1

    def __init__(self, train: Examples, loss: LossSpec, device: torch.device) -> None:
        known = require_role(train, SourceTrain, "Tuning").labels
        self.loss = loss
        self.present = torch.from_numpy((known == 1).astype(np.float32)).to(device)
        self.scored = torch.from_numpy((known != NOT_SCORED).astype(np.float32)).to(device)
        absent = torch.from_numpy((known == 0).astype(np.float32)).to(device)
        self.positive_weight = loss.positive_weight(self.present.sum(0), absent.sum(0))

    def share(
        self, outputs: Tensor, mine: NDArray[np.int64], batch: NDArray[np.int64], world: World
    ) -> Tensor:
        """Of logits (B, F)."""
        rows, everyone = (torch.from_numpy(each).to(outputs.device) for each in (mine, batch))
        scored = self.scored[rows]
        mean = self.loss.head_loss(outputs[None], self.present[rows], scored, self.positive_weight)
        return mean[0] * scored.sum() / self.scored[everyone].sum().clamp(min=1)


class ContrastiveObjective:
    """The supervised contrastive loss over two views of each image, of all processes together.

    Args:
        train: Source train.
        spec: The loss.
        device: Where labels are wanted.

    Raises:
        ProtocolError: If `train` is anything but source train.
    """

    stage = "contrastive"
    num_views = 2

    def __init__(self, train: Examples, spec: ContrastiveSpec, device: torch.device) -> None:
        known = require_role(train, SourceTrain, "Contrastive training").labels
        # A finding that the source never annotates would leave no pair known to be negative.
        annotated = (known != NOT_SCORED).any(0)
        self.labels = torch.from_numpy(known[:, annotated]).to(device)
        self.spec = spec

    def share(
        self, outputs: Tensor, mine: NDArray[np.int64], batch: NDArray[np.int64], world: World
    ) -> Tensor:
        """Of embeddings (2·len(mine), K), L2-normalised."""
        shares = [np.tile(world.share(batch, rank), 2) for rank in range(world.size)]
        num_rows = [len(each) for each in shares]
        embeddings = world.gathered(outputs, num_rows)
        image = torch.from_numpy(np.concatenate(shares)).to(outputs.device)
        pairs = pair_masks(self.labels[image], image, self.spec.no_finding, self.spec.positives)
        first = sum(num_rows[: world.rank])
        anchors = slice(first, first + num_rows[world.rank])
        total, num_anchors = supcon(embeddings, pairs, self.spec.temperature, anchors)
        return total / world.sum(num_anchors).clamp(min=1)
