"""The data store: manifests, boxes, image caches and features, a folder per data set."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.errors import ConfigError, DataError
from core.lookup import unknown
from core.records import DatasetRecord
from core.specs import ImageSpec
from core.store.atomic import replacing
from core.store.parquet import content_hash, read_provenance, read_table, write_table
from core.tables import BOXES, IMAGES, MANIFEST, QUARANTINE

Scalar = TypeVar("Scalar", bound=np.generic)

CACHE_VERSION = 1
"""Part of every image cache's key: raised when decoding or resizing changes."""


@dataclass(frozen=True)
class Dataset:
    """An indexed data set.

    Args:
        record: What the index says of it.
        manifest: One row per image.
        boxes: One row per box; empty where there are none.
        quarantine: Images that are set aside, with the reason; no stage uses them.
    """

    record: DatasetRecord
    manifest: pl.DataFrame
    boxes: pl.DataFrame
    quarantine: pl.DataFrame = field(default_factory=QUARANTINE.empty)

    @property
    def name(self) -> str:
        """The data set's name."""
        return self.record.name

    @property
    def hash(self) -> str:
        """16 hex digits over the manifest's values, without images that are set aside."""
        return content_hash(self.manifest.filter(~self.set_aside))

    @property
    def set_aside(self) -> pl.Expr:
        """True for the manifest's rows that are in quarantine."""
        return pl.col("image_id").is_in(self.quarantine["image_id"].implode())

    def cache_key(self, image: ImageSpec) -> str:
        """8 hex digits over everything that the cached pixels depend on."""
        read = pl.when(self.set_aside).then(pl.lit("")).otherwise("path").alias("path")
        files = self.manifest.select("image_id", read).with_columns(
            root=pl.lit(self.record.root), spec=pl.lit(f"{CACHE_VERSION}{image.digest()}")
        )
        return content_hash(files)[:8]


@dataclass(frozen=True, eq=False)
class CachedImages:
    """Decoded images of a data set, in the manifest's order.

    Args:
        key: 8 hex digits over everything that the pixels depend on.
        pixels: uint8 [N, size, size], memory-mapped.
        index: One row per image (`tables.IMAGES`).
    """

    key: str
    pixels: NDArray[np.uint8]
    index: pl.DataFrame


class DataStore:
    """The folder `data/`: one folder per data set."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, name: str) -> Path:
        """Where a data set's tables lie."""
        return self.root / name

    def names(self) -> tuple[str, ...]:
        """The indexed data sets, sorted."""
        return tuple(sorted(path.parent.name for path in self.root.glob("*/manifest.parquet")))

    def dataset(self, name: str) -> Dataset:
        """An indexed data set.

        Raises:
            ConfigError: If there is none of that name.
            DataError: If its tables are damaged.
        """
        if name not in self.names():
            raise ConfigError(
                f"{unknown(name, self.names(), 'data set')} "
                f"Index it first: cxr data index … (looked in {self.root}/)."
            )
        path = self.folder(name) / "manifest.parquet"
        return Dataset(
            record=DatasetRecord.model_validate(read_provenance(path, MANIFEST)),
            manifest=read_table(path, MANIFEST),
            boxes=read_table(self.folder(name) / "boxes.parquet", BOXES),
            quarantine=self.quarantine(name),
        )

    def quarantine(self, name: str) -> pl.DataFrame:
        """The images of a data set that are set aside (`tables.QUARANTINE`); no file, none.

        Raises:
            DataError: If the table is damaged.
        """
        path = self.folder(name) / "quarantine.parquet"
        return read_table(path, QUARANTINE) if path.exists() else QUARANTINE.empty()

    def write_quarantine(self, dataset: Dataset, quarantine: pl.DataFrame) -> None:
        """Set images aside, by name and reason; takes the place of what was set aside before.

        Raises:
            DataError: If the frame breaks its schema or rules.
        """
        path = self.folder(dataset.name) / "quarantine.parquet"
        write_table(path, QUARANTINE, quarantine, {"dataset": dataset.name})

    def write_dataset(
        self, record: DatasetRecord, manifest: pl.DataFrame, boxes: pl.DataFrame
    ) -> Dataset:
        """Write a data set's tables; the manifest comes last and makes it exist.

        Raises:
            DataError: If a table breaks its schema or rules.
        """
        manifest = MANIFEST.checked(manifest, f"{record.name}: manifest")
        provenance = record.model_dump()
        write_table(self.folder(record.name) / "boxes.parquet", BOXES, boxes, provenance)
        write_table(self.folder(record.name) / "manifest.parquet", MANIFEST, manifest, provenance)
        return self.dataset(record.name)

    def cache_paths(self, dataset: Dataset, image: ImageSpec) -> tuple[Path, Path]:
        """Where the cached pixels (.npy) and their index (.parquet) lie."""
        stem = f"images-{image.size}-{dataset.cache_key(image)}"
        folder = self.folder(dataset.name)
        return folder / f"{stem}.npy", folder / f"{stem}.parquet"

    def has_images(self, dataset: Dataset, image: ImageSpec) -> bool:
        """Whether the cache of these images is complete; its index is written last."""
        return all(path.exists() for path in self.cache_paths(dataset, image))

    def images(self, dataset: Dataset, image: ImageSpec) -> CachedImages:
        """The decoded images of a data set.

        Raises:
            DataError: If they were never decoded, or the cache is damaged.
        """
        pixels_path, index_path = self.cache_paths(dataset, image)
        index = read_table(index_path, IMAGES)
        pixels = _memory_map(pixels_path, np.uint8)
        expected = (dataset.manifest.height, image.size, image.size)
        if pixels.shape != expected or index.height != expected[0]:
            raise DataError(
                f"{pixels_path}: holds {pixels.shape}, the manifest needs {expected}; "
                f"remove it and run: cxr data cache {dataset.name}."
            )
        return CachedImages(dataset.cache_key(image), pixels, index)

    def features_path(self, dataset: Dataset, key: str) -> Path:
        """Where the features of a data set lie; `key` covers all that they depend on."""
        return self.folder(dataset.name) / "features" / f"{key}.npy"

    def features(self, dataset: Dataset, key: str) -> NDArray[np.float32]:
        """Stored features, float32 [N, d], memory-mapped, in the manifest's order.

        Raises:
            DataError: If the file is damaged or of another length.
        """
        path = self.features_path(dataset, key)
        features = _memory_map(path, np.float32)
        if features.ndim != 2 or len(features) != dataset.manifest.height:
            raise DataError(f"{path}: not one row per image; remove it and run again.")
        return features

    def write_features(self, dataset: Dataset, key: str, features: NDArray[np.float32]) -> None:
        """Store features, float32 [N, d], in the manifest's order."""
        with (
            replacing(self.features_path(dataset, key)) as temporary,
            temporary.open("wb") as file,
        ):
            np.save(file, features, allow_pickle=False)


def _memory_map(path: Path, scalar: type[Scalar]) -> NDArray[Scalar]:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path}: cannot be read; remove it and run again.") from error
    if array.dtype != scalar:
        raise DataError(f"{path}: holds {array.dtype}; remove it and run again.")
    return array
