"""What a GPU does differently: the one place that asks which device there is."""

import resource
from collections.abc import Generator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils import deterministic

from core.store.pixels import Pixels


def best_device() -> torch.device:
    """The accelerator, if there is one, else the CPU."""
    accelerator = torch.accelerator.current_accelerator()
    available = accelerator is not None and torch.accelerator.is_available()
    return accelerator if available and accelerator is not None else torch.device("cpu")


def device_name(device: torch.device) -> str:
    """For the run record: the GPU's own name, or `cpu`."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def forward_batch_size(device: torch.device) -> int:
    """Images a forward pass: large on a GPU, small on a CPU, where large tensors cost page faults.

    Seen on 2 cores: 42 images/s at 64 and 92 at 8 (EfficientNet-Lite0, 224 px).
    """
    return 8 if device.type == "cpu" else 256


PIECE = 4096
"""Images that are sent to the device at once."""


class DeviceImages:
    """The uint8 array of a data set as batches on a device.

    The whole array lies on the device where it takes at most half of the memory that is free;
    else batches are gathered from the memory map, through pinned memory. A CPU reads the map.

    Args:
        pixels: uint8 [N, S, S], memory-mapped.
        device: Where batches are wanted.
    """

    def __init__(self, pixels: NDArray[np.uint8] | Pixels, device: torch.device) -> None:
        self.pixels, self.device = pixels, device
        self.resident = self._copied() if self._fits() else None

    def batch(self, rows: NDArray[np.int64]) -> Tensor:
        """uint8 (B, S, S) on the device."""
        if self.resident is not None:
            return self.resident[torch.from_numpy(rows).to(self.device)]
        gathered = torch.from_numpy(np.asarray(self.pixels[rows]))
        if self.device.type == "cuda":
            return gathered.pin_memory().to(self.device, non_blocking=True)
        return gathered.to(self.device)

    def _copied(self) -> Tensor:
        """All of the array, sent in pieces: the host never holds a second one."""
        resident = torch.empty(self.pixels.shape, dtype=torch.uint8, device=self.device)
        for first in range(0, len(resident), PIECE):
            rows = np.arange(first, min(first + PIECE, len(resident)))
            resident[first : first + PIECE] = torch.from_numpy(np.asarray(self.pixels[rows]))
        return resident

    def _fits(self) -> bool:
        if self.device.type != "cuda":
            return False
        free_bytes, _ = torch.cuda.mem_get_info(self.device)
        return 2 * self.pixels.nbytes <= free_bytes


def peak_memory_mib(device: torch.device) -> float:
    """Most memory that was in use so far: of the accelerator, or of the process on a CPU."""
    if device.type == "cpu":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return torch.accelerator.max_memory_allocated(device) / 2**20


@contextmanager
def reproducible(num_threads: int) -> Generator[None, None, None]:
    """Compute with a fixed number of CPU threads, deterministic algorithms, and whole fp32.

    Convolutions in TF32, which cuDNN takes by default, round fp32 to ten bits: features would
    depend on the machine that extracted them first.
    """
    threads, before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    tf32 = torch.backends.cudnn.allow_tf32
    torch.set_num_threads(num_threads)
    torch.backends.cudnn.allow_tf32 = False
    torch.use_deterministic_algorithms(mode=True, warn_only=True)
    # Filling every new tensor is a debugging aid that halves the speed; no result depends on it.
    deterministic.fill_uninitialized_memory = False  # pyright: ignore[reportAttributeAccessIssue]
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.backends.cudnn.allow_tf32 = tf32
        torch.use_deterministic_algorithms(before)
