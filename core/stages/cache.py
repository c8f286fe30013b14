"""A data set's image files to one uint8 array, decoded once."""

import os
from pathlib import Path

from core.errors import DataError
from core.imaging.cache import build
from core.progress import Progress, silent
from core.specs import ImageSpec
from core.store.atomic import locked, replacing
from core.store.data import CachedImages, DataStore
from core.store.parquet import write_table
from core.tables import IMAGES


def run(store: DataStore, name: str, image: ImageSpec, progress: Progress = silent) -> CachedImages:
    """Decode a data set's images, unless they are decoded already.

    Raises:
        ConfigError: If the data set is not indexed.
        DataError: If images cannot be decoded; names all of them.
        CxrError: If another process is decoding the same data set.
    """
    dataset = store.dataset(name)
    if store.has_images(dataset, image):
        return store.images(dataset, image)
    if dataset.record.tables_only:
        raise DataError(
            f"Data set {name!r} was indexed with --tables-only; index it again with its images."
        )
    manifest = dataset.manifest
    files = [Path(dataset.record.root, path) for path in manifest["path"]]
    array_path, index_path = store.cache_paths(dataset, image)
    with locked(store.folder(name)):
        with replacing(array_path) as temporary:
            index = build(
                temporary,
                manifest["image_id"].to_list(),
                files,
                image,
                num_workers=os.cpu_count() or 1,
                progress=progress,
            )
        provenance = {"dataset": name, "image": image.model_dump()}
        write_table(index_path, IMAGES, index, provenance)
    return store.images(dataset, image)
