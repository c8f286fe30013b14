"""Where the two stores lie, as the environment says."""

import os
from dataclasses import dataclass
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
    return Stores(
        data=DataStore(Path(os.environ.get("CXR_DATA", "data"))),
        results=ResultStore(Path(os.environ.get("CXR_RESULTS", "results"))),
        allow_restricted=os.environ.get("CXR_ALLOW_RESTRICTED") == "1",
    )
