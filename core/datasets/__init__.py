"""Data sets on disk to manifests: one module a data set, checked on the way in."""

from core.datasets.registry import DATASETS, DatasetSpec

__all__ = ["DATASETS", "DatasetSpec"]
