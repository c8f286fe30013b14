import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slurm: submits to a real SLURM; skipped where none answers")
