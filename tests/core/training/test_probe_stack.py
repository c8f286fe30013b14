import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.losses import LOSSES
from core.roles import NOT_SCORED, SourceTrain
from core.training.head import Standardisation
from core.training.probe_sample import Resample, Sample, resample
from core.training.probe_stack import Candidate, HeadObjective, HeadStack, rate_and_decay
from tests.fixtures.source_examples import partly_unknown, source

pytestmark = pytest.mark.usefixtures("one_thread")
CPU = torch.device("cpu")
TRAIN = partly_unknown(source(SourceTrain, 300, seed=0), 0.2)
SAMPLE = Sample.of(TRAIN, Standardisation.of(TRAIN.values), CPU)
HEAD_LOSSES = ("bce", "weighted_bce", "focal", "asymmetric")
BATCH_SIZE, NUM_EPOCHS, SEED = 64, 10, 3


def trained_alone(
    candidate: Candidate, counts: Resample
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """One `nn.Linear` under `torch.optim.AdamW`, as anyone would write it."""
    linear = torch.nn.Linear(SAMPLE.features.shape[1], 14)
    with torch.no_grad():
        linear.weight.zero_()
        linear.bias.copy_(candidate.objective.start)
    optimizer = torch.optim.AdamW(
        [
            {"params": [linear.weight], "weight_decay": candidate.weight_decay},
            {"params": [linear.bias], "weight_decay": 0.0},
        ],
        lr=candidate.learning_rate,
        foreach=False,
    )
    loss = candidate.objective.loss
    positive_weight = loss.positive_weight(
        *map(torch.from_numpy, (counts.num_positive, counts.num_negative))
    )
    scored = torch.from_numpy((TRAIN.labels != NOT_SCORED) * counts.image_counts[:, None])
    generator = torch.Generator().manual_seed(SEED)
    for _ in range(NUM_EPOCHS):
        for rows in torch.randperm(len(TRAIN), generator=generator).split(BATCH_SIZE):
            logits = linear(SAMPLE.features[rows]).unsqueeze(0)
            cost = loss.head_loss(logits, SAMPLE.labels[rows], scored[rows], positive_weight)
            optimizer.zero_grad()
            cost.sum().backward()
            optimizer.step()
    return linear.weight.detach().numpy(), linear.bias.detach().numpy()


@pytest.mark.parametrize("number", [None, 0])
def test_each_head_is_what_torch_s_adamw_makes_of_it_alone(number: int | None) -> None:
    counts = resample(TRAIN, number)
    candidates = [
        Candidate(HeadObjective(LOSSES[name], counts, np.ones(14, np.bool_)), rate, decay)
        for name in HEAD_LOSSES
        for rate, decay in ((1e-3, 0.0), (1e-2, 1e-4), (1e-1, 0.5))
    ]
    candidates.sort(key=rate_and_decay)
    stack = HeadStack(SAMPLE, candidates, SEED, BATCH_SIZE)
    for _ in range(NUM_EPOCHS):
        stack.train_one_epoch()
    for row, candidate in enumerate(candidates):
        found_weight, found_bias = stack.head(row)
        weight, bias = trained_alone(candidate, counts)
        assert found_weight == pytest.approx(weight, abs=1e-4)
        assert found_bias == pytest.approx(bias, abs=1e-4)
        assert np.abs(weight).max() > 0.005


def test_the_loss_of_an_epoch_is_the_mean_over_its_images() -> None:
    everywhere = np.ones(14, np.bool_)
    objective = HeadObjective(LOSSES["bce"], resample(TRAIN, None), everywhere)
    stack = HeadStack(SAMPLE, [Candidate(objective, 1e-9, 0.0)], SEED, batch_size=300)
    logits = objective.start.expand(1, 300, 14)
    expected = LOSSES["bce"].head_loss(logits, SAMPLE.labels, SAMPLE.scored, torch.ones(14))
    assert stack.train_one_epoch().tolist() == pytest.approx(expected.tolist(), rel=1e-5)


def test_a_finding_that_is_not_trained_keeps_weights_of_zero() -> None:
    trained = np.arange(14) != 5
    objective = HeadObjective(LOSSES["focal"], resample(TRAIN, None), trained)
    stack = HeadStack(SAMPLE, [Candidate(objective, 0.1, 0.1)], SEED, BATCH_SIZE)
    stack.train_one_epoch()
    weight, bias = stack.head(0)
    assert (np.abs(weight).max(1) > 0).tolist() == trained.tolist()
    assert bias[5] == pytest.approx(objective.start[5].item())
