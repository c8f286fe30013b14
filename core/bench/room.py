"""How much disk a grid will take, from its cells and the images that are indexed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.specs import ImageSpec, RunSpec
from core.store import DataStore
from core.store.data import Dataset
from core.training.readiness import num_bytes

_MODULE_AND_ADAM = 3
"""Copies of the weights in a checkpoint: the module's, and AdamW's two moments."""


@dataclass(frozen=True)
class Room:
    """Bytes that a grid still adds to each store.

    Args:
        data: Image caches and features.
        results: Tuned backbones, and the largest checkpoint beside them.
    """

    data: int
    results: int


def room(specs: Sequence[RunSpec], names: Sequence[str], store: DataStore) -> Room:
    """What a grid adds: caches that are missing, features of every backbone, tuned weights.

    Tables of results are left out: they are small beside these.

    Raises:
        ConfigError: If a data set is not indexed.
        DataError: If its tables are damaged.
    """
    datasets = [store.dataset(name) for name in names]
    by_backbone = {spec.backbone: spec for spec in specs}
    sizes = {name: num_bytes(spec) for name, spec in by_backbone.items()}
    num_images = sum(each.manifest.height for each in datasets)
    images = {spec.image.digest(): spec.image for spec in specs}.values()
    caches = sum(_cache_bytes(store, each, image) for each in datasets for image in images)
    # Every tuned run has features of its own; frozen ones share those of their backbone.
    extracted = {(spec.backbone, spec.run_id if spec.tuning is not None else "") for spec in specs}
    features = sum(num_images * sizes[backbone][1] for backbone, _ in extracted)
    return Room(caches + features, _weights_bytes(specs, sizes))


def _weights_bytes(specs: Sequence[RunSpec], sizes: Mapping[str, tuple[int, int]]) -> int:
    tuned = [sizes[spec.backbone][0] for spec in specs if spec.tune != "none"]
    return sum(tuned) + _MODULE_AND_ADAM * max(tuned, default=0)


def _cache_bytes(store: DataStore, dataset: Dataset, image: ImageSpec) -> int:
    if store.has_images(dataset, image):
        return 0
    return dataset.manifest.height * image.size**2
