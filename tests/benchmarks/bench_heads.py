"""Linear heads: together, one after the other, in a plain loop, and scikit-learn's.

    OMP_NUM_THREADS=1 python tests/benchmarks/bench_heads.py
    OMP_NUM_THREADS=1 python tests/benchmarks/bench_heads.py --images 20000 --features 768

75 heads (3 losses × 5 rates × 5 seeds) are trained in one call, five times; in turns with that, the
same engine and a plain PyTorch loop train one rate of each, head by head, which is counted five
times. Then 14 findings × 5 regularisations of scikit-learn's logistic regression, chosen per
finding on validation, against one request of 5 rates. Features and labels come from a model with
100 hidden factors, so that a good head reaches an AUROC of about .87.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from torch import Tensor

from core.findings import NUM_FINDINGS
from core.losses import LOSSES
from core.roles import SourceTest, SourceTrain, SourceVal
from core.training.head import Standardisation
from core.training.probe import HeadRequest, fit_all
from tests.fixtures.source_examples import AnySource, with_values

RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)
STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
HEAD_LOSSES = ("bce", "focal", "asymmetric")
NUM_FACTORS, NUM_SEEDS, BATCH_SIZE = 100, 5, 128


def main() -> None:
    """Print the seconds of ours and of each peer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=8000)
    parser.add_argument("--features", type=int, default=2048)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    world = World(options.images, options.features)
    compare_ways(world, options.epochs)
    compare_with_logistic_regression(world, options.epochs)


class World:
    """Source train, validation and test, drawn from the same hidden factors."""

    def __init__(self, num_images: int, num_features: int) -> None:
        rng = np.random.default_rng(0)
        self.mixing = rng.normal(size=(NUM_FACTORS, num_features))
        self.truth = rng.normal(size=(NUM_FACTORS, NUM_FINDINGS)) / NUM_FACTORS**0.5
        self.size = f"{num_images:,} images, {num_features:,} features"
        self.train = self._drawn(SourceTrain, num_images, 1)
        self.val = self._drawn(SourceVal, num_images // 8, 2)
        self.test = self._drawn(SourceTest, num_images // 4, 3)

    def _drawn(self, role: type[AnySource], num_images: int, seed: int) -> AnySource:
        rng = np.random.default_rng(seed)
        factors = rng.normal(size=(num_images, NUM_FACTORS))
        values = factors @ self.mixing + 5 * rng.normal(size=(num_images, self.mixing.shape[1]))
        signal = factors @ self.truth + rng.normal(size=(num_images, NUM_FINDINGS))
        thresholds = np.linspace(1.5, 3, NUM_FINDINGS)  # 14 % to 2 % of the images
        return with_values(role, values.astype(np.float32), (signal > thresholds).astype(np.int8))

    def auroc(self, scores: NDArray[np.floating]) -> float:
        """Macro AUROC of scores [N, 14] on source test."""
        return float(roc_auc_score(self.test.labels, scores))


def compare_ways(world: World, epochs: int) -> None:
    """75 heads together; 15 of them, one after the other, by the engine and by a plain loop."""
    request = HeadRequest(LOSSES["bce"], RATES, (1e-4,), 0, epochs, BATCH_SIZE)
    requests = [
        replace(request, loss=LOSSES[name], seed=seed)
        for seed in range(NUM_SEEDS)
        for name in HEAD_LOSSES
    ]
    standardise = Standardisation.of(world.train.values).apply
    train, val = (torch.from_numpy(standardise(each.values)) for each in (world.train, world.val))
    together = engine = plain = 0.0
    for seed, rate in enumerate(RATES):
        together += seconds(lambda: fit_all(world.train, world.val, requests)) / len(RATES)
        for each in (each for each in requests if each.seed == seed):
            alone = replace(each, learning_rates=(rate,))
            engine += seconds(lambda one=alone: fit_all(world.train, world.val, [one]))
            plain += seconds(lambda one=alone: plain_loop(world, train, val, one))
    for name, sampled in (("the engine, head by head", engine), ("a plain loop", plain)):
        peer = len(RATES) * sampled
        print(
            f"75 heads, {world.size}, {epochs} epochs: together {together:.1f} s, "
            f"{name} {peer:.1f} s (15 heads × {len(RATES)}), ratio {peer / together:.1f}",
            flush=True,
        )


def plain_loop(world: World, train: Tensor, val: Tensor, request: HeadRequest) -> None:
    """One `nn.Linear` on standardised features in memory, and scikit-learn's judgement of it."""
    labels = torch.from_numpy(world.train.labels).float()
    linear = torch.nn.Linear(train.shape[1], NUM_FINDINGS)
    optimizer = torch.optim.AdamW(
        linear.parameters(), lr=request.learning_rates[0], weight_decay=request.weight_decays[0]
    )
    for _ in range(request.epochs):
        for rows in torch.randperm(len(train)).split(request.batch_size):
            optimizer.zero_grad()
            request.loss.label_loss(linear(train[rows]), labels[rows]).mean().backward()
            optimizer.step()
        with torch.no_grad():
            scores = linear(val).numpy()
        average_precision_score(world.val.labels, scores)
        roc_auc_score(world.val.labels, scores)


def compare_with_logistic_regression(world: World, epochs: int) -> None:
    """Seconds and AUROC of 5 rates at once, and of 14 × 5 logistic regressions."""
    request = HeadRequest(LOSSES["bce"], RATES, (1e-4,), 0, epochs, BATCH_SIZE)
    start = time.perf_counter()
    head = fit_all(world.train, world.val, [request])[0].head
    ours = time.perf_counter() - start
    start = time.perf_counter()
    scores = logistic_regressions(world)
    theirs = time.perf_counter() - start
    own_auroc, their_auroc = world.auroc(head.probabilities(world.test.values)), world.auroc(scores)
    print(
        f"14 findings × 5 regularisations, {world.size}: ours {ours:.1f} s, "
        f"scikit-learn {theirs:.1f} s, ratio {theirs / ours:.1f}"
    )
    print(
        f"their macro AUROC on test: ours {own_auroc:.4f}, scikit-learn {their_auroc:.4f}, "
        f"difference {own_auroc - their_auroc:+.4f}"
    )


def logistic_regressions(world: World) -> NDArray[np.float64]:
    """Scores [N, 14] on test of the best regularisation of each finding."""
    standardise = Standardisation.of(world.train.values).apply
    train, val, test = (standardise(each.values) for each in (world.train, world.val, world.test))
    scores = np.empty(world.test.labels.shape)
    for column in range(NUM_FINDINGS):
        models = [
            LogisticRegression(C=strength).fit(train, world.train.labels[:, column])
            for strength in STRENGTHS
        ]
        truth = world.val.labels[:, column]
        precisions = [
            average_precision_score(truth, each.decision_function(val)) for each in models
        ]
        scores[:, column] = models[int(np.argmax(precisions))].decision_function(test)
    return scores


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # scikit-learn stops at its default number of steps
    main()
