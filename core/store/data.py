"""The data store: manifests, boxes, image caches and features, a folder per data set."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import ValidationError

from core.errors import ConfigError, DataError
from core.lookup import unknown
from core.records import DatasetRecord
from core.specs import ImageSpec
from core.store.arrays import memory_map
from core.store.hashed import check_hashed, write_array
from core.store.parquet import content_hash, read_provenance, read_table, write_table
from core.store.pixels import CachedImages, Pixels
from core.tables import BOXES, IMAGES, MANIFEST, QUARANTINE

CACHE_VERSION = 3
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
        """8 hex digits over what the cached pixels depend on: files, geometry and equalisation.

        Not on the quarantine: images that are set aside keep their rows, which no stage uses.
        """
        files = self.manifest.select("image_id", "path").with_columns(
            root=pl.lit(self.record.root), spec=pl.lit(f"{CACHE_VERSION}{image.digest()}")
        )
        return content_hash(files)[:8]


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
            record=_record(path),
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
        """Whether the cache of these images is complete.

        Raises:
            DataError: If its index is damaged.
        """
        pixels_path, _ = self.cache_paths(dataset, image)
        index = self.image_index(dataset, image)
        return index is not None and pixels_path.exists() and not _lacking(dataset, index)

    def image_index(self, dataset: Dataset, image: ImageSpec) -> pl.DataFrame | None:
        """What is known of the decoded images (`tables.IMAGES`); None where none were decoded.

        Raises:
            DataError: If the file is damaged.
        """
        _, path = self.cache_paths(dataset, image)
        if not path.exists():
            return None
        index = read_table(path, IMAGES)
        if read_provenance(path, IMAGES).get("content") != content_hash(index):
            raise DataError(
                f"{path}: this {IMAGES.name} table is not what was written; remove it and run: "
                f"cxr data cache {dataset.name}."
            )
        return index

    def write_image_index(self, dataset: Dataset, image: ImageSpec, index: pl.DataFrame) -> None:
        """Write what is known of the decoded images (`tables.IMAGES`).

        Raises:
            DataError: If the frame breaks its schema or rules.
        """
        _, path = self.cache_paths(dataset, image)
        told = {"dataset": dataset.name, "image": image.model_dump()}
        write_table(path, IMAGES, index, told | {"content": content_hash(index)})

    def images(self, dataset: Dataset, image: ImageSpec) -> CachedImages:
        """The decoded images of a data set.

        Raises:
            DataError: If they were never decoded, or the cache is damaged.
        """
        pixels_path, index_path = self.cache_paths(dataset, image)
        remedy = f"run: cxr data cache {dataset.name}."
        index = self.image_index(dataset, image)
        if index is None:
            raise DataError(f"{index_path}: there is no such {IMAGES.name} table; {remedy}")
        if lacking := _lacking(dataset, index):
            raise DataError(
                f"{pixels_path}: lacks {len(lacking)} images in use, first {lacking[0]!r}; {remedy}"
            )
        values = memory_map(pixels_path, np.uint8)
        expected = (dataset.manifest.height, image.size, image.size)
        if values.shape != expected or index.height != expected[0]:
            raise DataError(
                f"{pixels_path}: holds {values.shape}, the manifest needs {expected}; "
                f"remove it and {remedy}"
            )
        pixels = Pixels(values, index, pixels_path, dataset.name)
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
        features = memory_map(path, np.float32)
        check_hashed(path)
        if features.ndim != 2 or len(features) != dataset.manifest.height:
            raise DataError(f"{path}: not one row per image; remove it and run again.")
        return features

    def drop_features(self, dataset: Dataset) -> None:
        """Forget a data set's features, whose pixels have changed under the same key."""
        for path in self.features_path(dataset, "").parent.glob("[!.]*"):
            path.unlink()

    def write_features(self, dataset: Dataset, key: str, features: NDArray[np.float32]) -> None:
        """Store features, float32 [N, d], in the manifest's order."""
        write_array(self.features_path(dataset, key), features)


def _record(path: Path) -> DatasetRecord:
    try:
        return DatasetRecord.model_validate(read_provenance(path, MANIFEST))
    except ValidationError as error:
        raise DataError(f"{path}: does not say what data set it is; index it anew.") from error


def _lacking(dataset: Dataset, index: pl.DataFrame) -> list[str]:
    """Images in use that were never decoded: they were in quarantine then."""
    never = index.filter(pl.col("sha256").is_null(), ~dataset.set_aside)
    return never["image_id"].to_list()
