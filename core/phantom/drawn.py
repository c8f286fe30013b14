"""Whether a folder of images is one that the phantom drew."""

from collections.abc import Collection
from pathlib import Path

import polars as pl

from core.phantom.hospitals import HOSPITALS
from core.phantom.spec import MARK


def is_drawn(root: Path, paths: Collection[str]) -> bool:
    """Whether all files of a data set are images of the phantom that `root` is a hospital of.

    What else lies beside a phantom, or in its folders, was drawn by nobody known.

    Args:
        root: The data set's folder.
        paths: The files of its images; their names alone count, for folders may be unknown.
    """
    truth = root.parent / "ground_truth" / f"{root.name}-images.parquet"
    if root.name not in HOSPITALS or not (root.parent / MARK).is_file() or not truth.is_file():
        return False
    known = pl.read_parquet(truth, columns=["path"])["path"]
    return {_file_name(path) for path in paths} <= {_file_name(path) for path in known}


def _file_name(path: str) -> str:
    return path.rpartition("/")[2]
