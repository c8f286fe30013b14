"""One run over several processes: who takes part, and what they tell each other.

`torchrun` starts the processes and says through the environment who is who; without it a run is
alone, and nothing here costs anything.
"""

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import numpy as np
import torch
import torch.distributed as dist
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from core.errors import ConfigError

_PATIENCE = timedelta(hours=6)
"""How long a process waits for another one: the linear stage runs on the main process alone."""

Told = TypeVar("Told")


@dataclass(frozen=True)
class World:
    """The processes of one run.

    Args:
        rank: This process, from 0.
        size: How many there are.
    """

    rank: int = 0
    size: int = 1

    @property
    def is_main(self) -> bool:
        """Whether this process writes."""
        return self.rank == 0

    def share(self, batch: NDArray[np.int64], rank: int | None = None) -> NDArray[np.int64]:
        """The part of a batch that a process takes; this one, unless another is named."""
        return batch[self.rank if rank is None else rank :: self.size]

    def sum(self, value: Tensor) -> Tensor:
        """The sum over all processes, without gradient."""
        total = value.detach().clone()
        if self.size > 1:
            dist.all_reduce(total)
        return total

    def any(self, flag: bool) -> bool:
        """Whether the flag is up in any process."""
        return bool(self.sum(torch.tensor(float(flag))) > 0) if self.size > 1 else flag

    def told(self, value: Told) -> Told:
        """What the main process says, in every process."""
        if self.size == 1:
            return value
        box: list[Any] = [value]
        dist.broadcast_object_list(box)
        return box[0]

    def wait(self) -> None:
        """Go on when all processes have come here."""
        if self.size > 1:
            dist.barrier()

    def replicate(self, module: nn.Module) -> nn.Module:
        """The module with gradients averaged over all processes after each backward pass."""
        if self.size == 1:
            return module
        return DistributedDataParallel(module)

    def gathered(self, tensor: Tensor, num_rows: Sequence[int]) -> Tensor:
        """The rows of all processes, in the order of their ranks, with gradient.

        Args:
            tensor: (num_rows[rank], …).
            num_rows: How many rows each process has.
        """
        if self.size == 1:
            return tensor
        longest = max(num_rows)
        padding = tensor.new_zeros(longest - len(tensor), *tensor.shape[1:])
        parts: Tensor = _Gathered.apply(torch.cat([tensor, padding]))  # pyright: ignore[reportAssignmentType]
        rows = [part[:length] for part, length in zip(parts, num_rows, strict=True)]
        return torch.cat(rows)


ALONE = World()


def num_processes() -> int:
    """How many processes `torchrun` started; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


@contextmanager
def joined() -> Generator[World, None, None]:
    """The processes that `torchrun` started, for as long as the block runs.

    Raises:
        ConfigError: If there are more of them on this machine than GPUs.
    """
    if num_processes() == 1:
        yield ALONE
        return
    if torch.cuda.is_available():
        place, num_gpus = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
        if place >= num_gpus:
            raise ConfigError(
                f"There are {num_gpus} GPUs here for more processes than that; start torchrun "
                f"with --nproc-per-node {num_gpus}."
            )
        torch.cuda.set_device(place)
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    dist.init_process_group(backend, timeout=_PATIENCE)
    try:
        yield World(dist.get_rank(), dist.get_world_size())
    finally:
        dist.destroy_process_group()


class _Gathered(torch.autograd.Function):
    """Tensors of equal shape from all processes, stacked.

    Every process computes a part of the loss from all rows, so a row's gradient is the sum of what
    all processes found for it.
    """

    @staticmethod
    def forward(ctx: object, tensor: Tensor) -> Tensor:
        parts = [torch.empty_like(tensor) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, tensor.contiguous())
        return torch.stack(parts)

    @staticmethod
    def backward(ctx: object, *gradients: Tensor) -> Tensor:
        total = gradients[0].contiguous()
        dist.all_reduce(total)
        return total[dist.get_rank()]
