"""How a hospital's files are named, encoded and put on disk."""

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl
from PIL import Image

from core.phantom import chestxray14, mimic
from core.phantom.cohort import Patient, Study
from core.phantom.ground_truth import ImageName
from core.phantom.hospitals import SOURCE, TARGET
from core.phantom.spec import PhantomSpec


@dataclass(frozen=True)
class Layout:
    """How a hospital's files are named and written.

    Args:
        name_image: Names and places an image.
        tables: File names and contents of its tables.
        encode: Writes an image as a file.
    """

    name_image: Callable[[PhantomSpec, Patient, Study], ImageName]
    tables: Callable[[PhantomSpec, pl.DataFrame], Iterator[tuple[str, bytes]]]
    encode: Callable[[Image.Image, io.BytesIO], None]


LAYOUTS: Mapping[str, Layout] = {
    SOURCE: Layout(
        mimic.name_image, mimic.tables, partial(Image.Image.save, format="JPEG", quality=95)
    ),
    TARGET: Layout(
        chestxray14.name_image,
        chestxray14.tables,
        partial(Image.Image.save, format="PNG", compress_level=1),
    ),
}


def write_file(path: Path, content: bytes) -> None:
    """Write under a temporary name first: a file that has its name is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(content)
    temporary.replace(path)


def parquet(frame: pl.DataFrame) -> bytes:
    """`frame` as the content of a file."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()
