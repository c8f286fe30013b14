"""The contrastive loss, forward and backward, against pytorch-metric-learning.

    python tests/benchmarks/bench_supcon.py

128 images, two views of each, embeddings of 128 numbers, 14 findings. Both are timed in turns; the
peer is given the pairs, which it cannot make from labels of several findings.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from pytorch_metric_learning.losses import SupConLoss
from torch import Tensor
from torch.nn.functional import normalize

from core.losses.supcon import pair_masks, supcon

TEMPERATURE = 0.1


def main() -> None:
    """Print the milliseconds of ours and of the peer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=128)
    parser.add_argument("--dimensions", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=100)
    options = parser.parse_args()
    generator = torch.Generator().manual_seed(0)
    labels = (torch.rand(options.images, 14, generator=generator) < 0.1).to(torch.int8).repeat(2, 1)
    image = torch.arange(options.images).repeat(2)
    z = normalize(torch.randn(len(image), options.dimensions, generator=generator), dim=1)
    z.requires_grad_()
    pairs = pair_masks(labels, image)
    positive = pairs.positive > 0
    negative = pairs.contrast & ~positive
    indices = (*positive.nonzero(as_tuple=True), *negative.nonzero(as_tuple=True))
    peer = SupConLoss(temperature=TEMPERATURE)

    def theirs() -> Tensor:
        return peer(z, indices_tuple=indices)

    def ours() -> Tensor:
        total, num_anchors = supcon(z, pairs, TEMPERATURE)
        return total / num_anchors

    def ours_with_pairs() -> Tensor:
        total, num_anchors = supcon(z, pair_masks(labels, image), TEMPERATURE)
        return total / num_anchors

    difference = (ours() - theirs()).abs().item()
    seconds = in_turns([ours, ours_with_pairs, theirs], z, options.rounds)
    size = f"{len(image)} views, {options.dimensions} dimensions"
    for name, each in (("given the pairs", seconds[0]), ("pairs made from labels", seconds[1])):
        print(
            f"supcon forward + backward, {size}, {name}: ours {each * 1e3:.2f} ms, "
            f"pytorch-metric-learning {seconds[2] * 1e3:.2f} ms, ratio {seconds[2] / each:.1f}"
        )
    print(f"supcon value: largest difference {difference:.1e}")


def in_turns(losses: list[Callable[[], Tensor]], z: Tensor, rounds: int) -> list[float]:
    """Median seconds of each, forward and backward, timed one after the other in each round."""
    seconds: list[list[float]] = [[] for _ in losses]
    for _ in range(rounds):
        for loss, its_seconds in zip(losses, seconds, strict=True):
            start = time.perf_counter()
            torch.autograd.grad(loss(), z)
            its_seconds.append(time.perf_counter() - start)
    return [statistics.median(each) for each in seconds]


if __name__ == "__main__":
    main()
