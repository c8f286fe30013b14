"""Where the two stores lie, as the environment says."""

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core.store.data import DataStore
from core.store.results import ResultStore


@dataclass(frozen=True)
class Stores:
    """The two stores, and whether images of credentialed data may be shown.

    Args:
        data: Manifests, boxes and images.
        results: Runs.
        allow_restricted: Whether the reader asked to see restricted images on this machine.
    """

    data: DataStore
    results: ResultStore
    allow_restricted: bool = False


def from_environment() -> Stores:
    """The stores that CXR_DATA and CXR_RESULTS name; restricted images need an explicit 1."""
    return _stores(
        Path(os.environ.get("CXR_DATA", "data")),
        Path(os.environ.get("CXR_RESULTS", "results")),
        os.environ.get("CXR_ALLOW_RESTRICTED") == "1",
    )


@lru_cache(maxsize=8)
def _stores(data: Path, results: Path, allow_restricted: bool) -> Stores:
    """The same object for the same places, so that what is read of them can be kept."""
    return Stores(DataStore(data), ResultStore(results), allow_restricted)
