"""A data set's image files to one uint8 array, decoded once."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from core.errors import DataError, Problems
from core.imaging.cache import build, fill, publish
from core.imaging.verify import changed_files, damaged_rows
from core.imaging.workers import Sources
from core.progress import Progress, silent
from core.specs import ImageSpec
from core.store.data import Dataset, DataStore
from core.store.pixels import CachedImages


def run(store: DataStore, name: str, image: ImageSpec, progress: Progress = silent) -> CachedImages:
    """Decode a data set's images, unless they are decoded already.

    After a kill the same call decodes what is missing. While another process builds the same
    cache this one waits, and then takes what that one built. Images in quarantine keep their
    rows, decoded where they can be; one that is taken back is decoded then, and no other.

    Raises:
        ConfigError: If the data set is not indexed.
        DataError: If images cannot be decoded; names all of them.
        CxrError: If the disk has no room.
    """
    dataset = store.dataset(name)
    if store.has_images(dataset, image):
        return store.images(dataset, image)
    if dataset.record.tables_only:
        raise DataError(
            f"Data set {name!r} was indexed with --tables-only; index it again with its images."
        )
    array_path, _ = store.cache_paths(dataset, image)
    with _turn(array_path):
        if not store.has_images(dataset, image):
            _decode(store, dataset, image, progress)
    return store.images(dataset, image)


def verify(store: DataStore, name: str, image: ImageSpec, progress: Progress = silent) -> None:
    """Check that a cache holds what was decoded, and that the files are still the same.

    Raises:
        ConfigError: If the data set is not indexed.
        DataError: If there is no cache, or pixels or files changed or went; names all of them.
    """
    dataset = store.dataset(name)
    array_path, _ = store.cache_paths(dataset, image)
    images = store.images(dataset, image)
    damaged = [f"{array_path}, {each}" for each in damaged_rows(images.pixels.values, images.index)]
    changed = changed_files(images.index, _sources(dataset), os.cpu_count() or 1, progress)
    if damaged or changed:
        remedy = f"{array_path}: is not to be trusted; remove it and run: cxr data cache {name}."
        raise DataError([*damaged, *changed], remedy)


def _decode(store: DataStore, dataset: Dataset, image: ImageSpec, progress: Progress) -> None:
    """Decode what is missing; what was decoded is kept, whatever else is damaged."""
    array_path, _ = store.cache_paths(dataset, image)
    before, sources = store.image_index(dataset, image), _sources(dataset)
    num_workers = os.cpu_count() or 1
    is_published = before is not None and array_path.exists()
    try:
        if before is not None and is_published:
            index, problems = fill(array_path, before, sources, image, num_workers, progress)
        else:
            index = build(array_path, sources, image, num_workers, progress)
            problems = Problems()
    except DataError as error:
        raise DataError(error.problems, _advice(dataset.name, len(error.problems))) from error
    if before is not None and not index["sha256"].equals(before["sha256"]):
        store.drop_features(dataset)
    store.write_image_index(dataset, image, index)
    if not is_published:
        publish(array_path)
    if problems.found:
        raise DataError(problems.found, _advice(dataset.name, len(problems.found)))


def _advice(name: str, num_images: int) -> str:
    return (
        f"{num_images} images of {name} cannot be decoded, the others are kept; repair their "
        f"files, or set them aside (cxr data check {name} --quarantine), and run this again."
    )


def _sources(dataset: Dataset) -> Sources:
    """The manifest's files, in its order."""
    aside = dataset.manifest.select(dataset.set_aside.arg_true()).to_series()
    return Sources(
        root=Path(dataset.record.root).resolve(),
        image_ids=dataset.manifest["image_id"].to_list(),
        paths=dataset.manifest["path"].to_list(),
        set_aside=frozenset(aside.to_list()),
    )


@contextmanager
def _turn(array_path: Path) -> Generator[None, None, None]:
    """Wait until no other process builds this array; a lock goes with its process."""
    array_path.parent.mkdir(parents=True, exist_ok=True)
    with array_path.with_name(f".{array_path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
