"""A data set's image files to one uint8 array, decoded once."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from core.errors import DataError
from core.imaging.cache import build, changed_files, publish
from core.progress import Progress, silent
from core.specs import ImageSpec
from core.store.data import CachedImages, Dataset, DataStore
from core.store.parquet import write_table
from core.tables import IMAGES


def run(store: DataStore, name: str, image: ImageSpec, progress: Progress = silent) -> CachedImages:
    """Decode a data set's images, unless they are decoded already.

    After a kill the same call decodes what is missing. While another process builds the same
    cache this one waits, and then takes what that one built.

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
    array_path, index_path = store.cache_paths(dataset, image)
    with _turn(array_path):
        if not store.has_images(dataset, image):
            index = build(
                array_path,
                dataset.manifest["image_id"].to_list(),
                _files(dataset),
                image,
                num_workers=os.cpu_count() or 1,
                progress=progress,
            )
            write_table(index_path, IMAGES, index, {"dataset": name, "image": image.model_dump()})
            publish(array_path)
    return store.images(dataset, image)


def verify(store: DataStore, name: str, image: ImageSpec, progress: Progress = silent) -> None:
    """Check that a data set's files are still those that its cache was decoded from.

    Raises:
        ConfigError: If the data set is not indexed.
        DataError: If there is no cache, or files changed or went; names all of them.
    """
    dataset = store.dataset(name)
    index = store.images(dataset, image).index
    found = changed_files(index, _files(dataset), os.cpu_count() or 1, progress)
    if found:
        array_path, _ = store.cache_paths(dataset, image)
        raise DataError([*found, f"{array_path}: remove it and run: cxr data cache {name}."])


def _files(dataset: Dataset) -> list[Path | None]:
    """The manifest's files, in its order; None for images that are set aside."""
    root, aside = Path(dataset.record.root), set(dataset.quarantine["image_id"])
    rows = zip(dataset.manifest["image_id"], dataset.manifest["path"], strict=True)
    return [None if name in aside else root / path for name, path in rows]


@contextmanager
def _turn(array_path: Path) -> Generator[None, None, None]:
    """Wait until no other process builds this array; a lock goes with its process."""
    array_path.parent.mkdir(parents=True, exist_ok=True)
    with array_path.with_name(f".{array_path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
