import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch.nn.functional import binary_cross_entropy_with_logits

from core.errors import ProtocolError
from core.findings import FINDINGS, NUM_FINDINGS
from core.losses import LOSSES
from core.roles import NOT_SCORED, SourceTrain, SourceVal
from core.training.device import best_device
from core.training.head import Head, Standardisation
from core.training.probe_convergence import convergence_gap
from core.training.probe_sample import Sample, resample
from core.training.probe_stack import Candidate, HeadObjective, HeadStack
from tests.fixtures.source_examples import NUM_FEATURES, partly_unknown, source

pytestmark = pytest.mark.usefixtures("one_thread")
TRAIN = partly_unknown(source(SourceTrain, 400, seed=0), 0.2)
NOTHING = Head(
    np.zeros((NUM_FINDINGS, NUM_FEATURES), np.float32), np.zeros(NUM_FINDINGS, np.float32), FINDINGS
)


def trained(name: str, num_epochs: int, decay: float, number: int | None) -> Head:
    """A head at the end of its training, in batches as large as source train."""
    standardisation = Standardisation.of(TRAIN.values)
    sample = Sample.of(TRAIN, standardisation, best_device())
    objective = HeadObjective(LOSSES[name], resample(TRAIN, number), np.ones(14, np.bool_))
    stack = HeadStack(sample, [Candidate(objective, 0.03, decay)], 0, batch_size=len(TRAIN))
    for _ in range(num_epochs):
        stack.train_one_epoch()
    return standardisation.fold(*stack.head(0), FINDINGS)


@pytest.mark.parametrize("name", ["bce", "weighted_bce", "focal", "asymmetric"])
def test_l_bfgs_finds_no_lower_loss_than_a_head_that_was_trained_long(name: str) -> None:
    head = trained(name, 2000, decay=1e-4, number=2)
    result = convergence_gap(TRAIN, head, LOSSES[name], 1e-4, resample_number=2)
    assert result.converged
    assert 0 <= result.gap <= 1e-5 * result.lowest


def test_strong_decay_holds_adamw_at_the_bound_that_l_bfgs_is_given() -> None:
    head = trained("bce", 1500, decay=10.0, number=None)
    bound = convergence_gap(TRAIN, head, LOSSES["bce"], weight_decay=10.0)
    free = convergence_gap(TRAIN, head, LOSSES["bce"])
    assert 0 <= bound.gap <= 1e-3 * bound.lowest
    assert free.gap > 100 * bound.gap


def test_a_head_that_was_trained_briefly_is_found_out() -> None:
    brief, longer = (
        convergence_gap(TRAIN, trained("bce", num_epochs, 0.0, None), LOSSES["bce"])
        for num_epochs in (1, 30)
    )
    assert brief.gap > longer.gap > 1e-3
    assert brief.lowest == pytest.approx(longer.lowest, rel=1e-6)


def test_the_closed_solution_is_that_of_logistic_regression() -> None:
    closed = convergence_gap(TRAIN, NOTHING, LOSSES["bce"]).closed
    features = Standardisation.of(TRAIN.values).apply(TRAIN.values)
    for column in (0, 6, 13):
        known = TRAIN.labels[:, column] != NOT_SCORED
        reference = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000)
        reference.fit(features[known], TRAIN.labels[known, column])
        expected = reference.predict_proba(features)[:, 1]
        assert closed.probabilities(TRAIN.values)[:, column] == pytest.approx(expected, abs=1e-3)


def test_each_finding_is_told_for_itself() -> None:
    head = trained("weighted_bce", 5, 0.0, None)
    result = convergence_gap(TRAIN, head, LOSSES["weighted_bce"])
    features = torch.from_numpy(TRAIN.values).double()
    scored = TRAIN.labels != NOT_SCORED
    for column, finding in enumerate(FINDINGS):
        known, present = scored[:, column], TRAIN.labels[:, column] == 1
        weight = torch.tensor(np.sum(known & ~present) / np.sum(present))
        for candidate, told in ((head, "loss"), (result.closed, "lowest")):
            logits = features @ torch.from_numpy(candidate.weight[column]).double()
            expected = binary_cross_entropy_with_logits(
                logits[known] + candidate.bias[column],
                torch.from_numpy(present[known]).double(),
                pos_weight=weight,
            )
            assert getattr(result.findings[finding], told) == pytest.approx(expected.item(), 1e-4)
    shares = scored.sum(0) / scored.sum()
    joined = sum(
        share * each.loss for share, each in zip(shares, result.findings.values(), strict=True)
    )
    assert joined == pytest.approx(result.loss)
    assert all(0 < each.share < 1 for each in result.findings.values())


def test_a_finding_that_was_not_fitted_is_not_told() -> None:
    head = Head(NOTHING.weight, NOTHING.bias, FINDINGS[:3])
    assert tuple(convergence_gap(TRAIN, head, LOSSES["bce"]).findings) == FINDINGS[:3]


def test_only_source_train_is_solved() -> None:
    with pytest.raises(ProtocolError, match="source train data only"):
        convergence_gap(source(SourceVal, 50, seed=1), NOTHING, LOSSES["bce"])
