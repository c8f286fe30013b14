"""A whole phantom on disk: both hospitals in their layouts, and what is true of every image."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

from core.errors import ConfigError
from core.phantom.files import LAYOUTS, parquet, write_file
from core.phantom.ground_truth import token_regions
from core.phantom.hospitals import HOSPITALS, SOURCE, TARGET
from core.phantom.parts import PARTS, merged, write_images
from core.phantom.spec import MARK, PhantomSpec

FORMAT = 2
"""Raised whenever the same specification gives other bytes."""


README = """Synthetic chest radiographs, made by cxr-bench (cxr data phantom).

Not for clinical use, and no grounds for clinical conclusions: no patient stands behind any image.
mimic-cxr-jpg/ and chestxray14/ have the layouts of the data sets that they are named after, and
nothing else of them. ground_truth/ tells what is present in every image, where, and how marked.
"""


@dataclass(frozen=True)
class PhantomSummary:
    """What was written.

    Args:
        source: Folder in the layout of MIMIC-CXR-JPG.
        target: Folder in the layout of ChestX-ray14.
        ground_truth: Folder of what is true of the images.
        num_source_images: Images of the source.
        num_target_images: Images of the target.
    """

    source: Path
    target: Path
    ground_truth: Path
    num_source_images: int
    num_target_images: int


def write_phantom(
    out: Path,
    spec: PhantomSpec,
    num_processes: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> PhantomSummary:
    """Write both hospitals under `out`; the same specification gives the same bytes.

    A phantom that is already there is reused, one that was cut off is completed.

    Args:
        out: Folder, empty or with a phantom of the same specification.
        spec: What to write.
        num_processes: Processes that render; by default one a core that may be used.
        on_progress: Called with the images done and the images in all.

    Raises:
        ConfigError: If `out` holds something else, or no process is to render.
    """
    if num_processes is not None and num_processes < 1:
        raise ConfigError(
            f"At least one process must render, but num_processes is {num_processes}."
        )
    if not _finished(out, spec):
        _mark(out, spec, finished=False)
        write_images(out, spec, num_processes, on_progress)
        for hospital in HOSPITALS:
            _write_tables(out, spec, hospital)
        write_file(out / "README.txt", README.encode())
        _mark(out, spec, finished=True)
    if (out / PARTS).exists():
        shutil.rmtree(out / PARTS)
    counts = [
        pl.scan_parquet(_truth(out, hospital)).select(pl.len()).collect().item()
        for hospital in (SOURCE, TARGET)
    ]
    return PhantomSummary(out / SOURCE, out / TARGET, out / "ground_truth", *counts)


def _finished(out: Path, spec: PhantomSpec) -> bool:
    """Whether the phantom is complete; raises where `out` is not ours to write to."""
    mark = out / MARK
    if not mark.exists():
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise ConfigError(f"{out} is not empty and holds no phantom: choose another folder.")
        return False
    found = json.loads(mark.read_text())
    if {**found, "finished": None} != {**_record(spec), "finished": None}:
        raise ConfigError(f"{out} holds a phantom of another specification: choose another folder.")
    return bool(found["finished"])


def _record(spec: PhantomSpec) -> dict[str, object]:
    return {"format": FORMAT, "finished": False, "spec": asdict(spec)}


def _mark(out: Path, spec: PhantomSpec, *, finished: bool) -> None:
    record = _record(spec) | {"finished": finished}
    write_file(out / MARK, (json.dumps(record, indent=2) + "\n").encode())


def _truth(out: Path, hospital: str, kind: str = "images") -> Path:
    return out / "ground_truth" / f"{hospital}-{kind}.parquet"


def _write_tables(out: Path, spec: PhantomSpec, hospital: str) -> None:
    for kind in ("masks", "images"):
        write_file(_truth(out, hospital, kind), parquet(merged(out, hospital, kind)))
    images = pl.read_parquet(_truth(out, hospital))
    regions = token_regions(images).write_csv()
    write_file(out / "ground_truth" / f"{hospital}-regions.csv", regions.encode())
    for name, content in LAYOUTS[hospital].tables(spec, images):
        write_file(out / hospital / name, content)
