from collections.abc import Iterator

import pytest

from core.training.device import reproducible


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Threads that wait for each other cost more than small products take."""
    with reproducible(1):
        yield
