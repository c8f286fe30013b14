from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from core.errors import ProtocolError
from core.losses.registry import LOSSES
from core.losses.supcon import pair_masks, supcon
from core.roles import NOT_SCORED, Examples, SourceTest, SourceVal, Split, Target
from core.specs import ContrastiveSpec
from core.training.distributed import ALONE
from core.training.objectives import ContrastiveObjective, LabelObjective
from tests.fixtures.training import source_train

CPU = torch.device("cpu")
TRAIN = source_train(20)
BATCH = np.array([3, 8, 1, 19, 4, 11])
HEADS = [name for name, loss in LOSSES.items() if not loss.representation]


@pytest.mark.parametrize("name", HEADS)
def test_the_shares_of_a_batch_add_up_to_its_loss(name: str) -> None:
    objective = LabelObjective(TRAIN, LOSSES[name], CPU)
    logits = torch.randn(6, 14, generator=torch.Generator().manual_seed(0))
    parts = [
        objective.share(logits[rows], BATCH[rows], BATCH, ALONE)
        for rows in (slice(0, 1), slice(1, 6))
    ]
    present, scored = TRAIN.labels == 1, TRAIN.labels != NOT_SCORED
    absent = scored & ~present
    weight = LOSSES[name].positive_weight(
        torch.from_numpy(present.sum(0, np.float32)), torch.from_numpy(absent.sum(0, np.float32))
    )
    labels, counts = torch.from_numpy(np.float32(present[BATCH])), torch.from_numpy(scored[BATCH])
    whole = LOSSES[name].head_loss(logits[None], labels, counts, weight)[0]
    torch.testing.assert_close(parts[0] + parts[1], whole)


def test_a_batch_without_a_known_label_has_loss_0() -> None:
    unknown = replace(TRAIN, labels=np.full_like(TRAIN.labels, NOT_SCORED))
    objective = LabelObjective(unknown, LOSSES["bce"], CPU)
    assert float(objective.share(torch.randn(6, 14), BATCH, BATCH, ALONE)) == 0


def test_the_contrastive_share_of_one_process_is_the_mean_over_its_anchors() -> None:
    spec = ContrastiveSpec()
    views = torch.nn.functional.normalize(torch.randn(12, 8), dim=1)
    share = ContrastiveObjective(TRAIN, spec, CPU).share(views, BATCH, BATCH, ALONE)
    image = torch.from_numpy(np.tile(BATCH, 2))
    known = torch.from_numpy(TRAIN.labels)
    total, num_anchors = supcon(views, pair_masks(known[image], image), 0.1)
    torch.testing.assert_close(share, total / num_anchors)


def test_a_finding_that_is_never_annotated_does_not_undo_the_negatives() -> None:
    labels = TRAIN.labels.copy()
    labels[:, 5] = NOT_SCORED
    views = torch.nn.functional.normalize(torch.randn(12, 8), dim=1)
    gaps = ContrastiveObjective(replace(TRAIN, labels=labels), ContrastiveSpec(), CPU)
    share = gaps.share(views, BATCH, BATCH, ALONE)
    known = torch.from_numpy(np.delete(labels, 5, 1))
    image = torch.from_numpy(np.tile(BATCH, 2))
    total, num_anchors = supcon(views, pair_masks(known[image], image), 0.1)
    torch.testing.assert_close(share, total / num_anchors)


def in_role(role: type[Examples], split: Split) -> Examples:
    fields: dict[str, Any] = vars(TRAIN) | {"split": split}
    if role is Target:
        del fields["source"]
    return role(**fields)


@pytest.mark.parametrize(
    ("role", "split"),
    [(Target, Split.TRAIN), (Target, Split.TEST), (SourceVal, Split.VAL), (SourceTest, Split.TEST)],
)
def test_nothing_but_source_train_can_tune_a_backbone(role: type[Examples], split: Split) -> None:
    examples = in_role(role, split)
    with pytest.raises(ProtocolError, match="Tuning may use source train data only"):
        LabelObjective(examples, LOSSES["bce"], CPU)
    with pytest.raises(ProtocolError, match="Contrastive training may use source train data only"):
        ContrastiveObjective(examples, ContrastiveSpec(), CPU)
