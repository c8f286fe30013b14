"""What a GPU does differently: the one place that asks which device there is."""

from collections.abc import Generator
from contextlib import contextmanager

import torch
from torch.utils import deterministic


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


@contextmanager
def reproducible(num_threads: int) -> Generator[None, None, None]:
    """Compute with a fixed number of CPU threads and deterministic algorithms alone."""
    threads, before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(num_threads)
    torch.use_deterministic_algorithms(mode=True, warn_only=True)
    # Filling every new tensor is a debugging aid that halves the speed; no result depends on it.
    deterministic.fill_uninitialized_memory = False  # pyright: ignore[reportAttributeAccessIssue]
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(before)
