"""A disk that is full, for tests of what is written."""

import resource
import signal
from collections.abc import Iterator

import pytest


@pytest.fixture
def full() -> Iterator[None]:
    """No file may grow beyond 1,000 bytes."""
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    signal.signal(signal.SIGXFSZ, before)
