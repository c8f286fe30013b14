"""A whole phantom on disk: both hospitals in their layouts, and what is true of every image."""

import io
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import polars as pl
from PIL import Image

from core.errors import ConfigError
from core.phantom import chestxray14, mimic
from core.phantom.cohort import Patient, Study, draw_patients
from core.phantom.ground_truth import ImageName, Written, image_frame, mask_frame
from core.phantom.hospitals import HOSPITALS, SOURCE, TARGET
from core.phantom.render import Radiograph, render
from core.phantom.spec import PhantomSpec

FORMAT = 1
"""Raised whenever the same specification gives other bytes."""

_MARK = "phantom.json"
_PARTS = ".parts"
_PATIENTS_PER_PART = 8

README = """Synthetic chest radiographs, made by cxr-bench (cxr data phantom).

Not for clinical use, and no grounds for clinical conclusions: no patient stands behind any image.
mimic-cxr-jpg/ and chestxray14/ have the layouts of the data sets that they are named after, and
nothing else of them. ground_truth/ tells what is present in every image, where, and how marked.
"""


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
        ConfigError: If `out` holds something else.
    """
    if not _finished(out, spec):
        _mark(out, spec, finished=False)
        _write_images(out, spec, num_processes or _num_cores(), on_progress)
        for hospital in HOSPITALS:
            _write_tables(out, spec, hospital)
        _write(out / "README.txt", README.encode())
        _mark(out, spec, finished=True)
    shutil.rmtree(out / _PARTS, ignore_errors=True)
    counts = [
        pl.scan_parquet(_truth(out, hospital)).select(pl.len()).collect().item()
        for hospital in (SOURCE, TARGET)
    ]
    return PhantomSummary(out / SOURCE, out / TARGET, out / "ground_truth", *counts)


def _finished(out: Path, spec: PhantomSpec) -> bool:
    """Whether the phantom is complete; raises where `out` is not ours to write to."""
    mark = out / _MARK
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
    _write(out / _MARK, (json.dumps(record, indent=2) + "\n").encode())


def _truth(out: Path, hospital: str, kind: str = "images") -> Path:
    return out / "ground_truth" / f"{hospital}-{kind}.parquet"


def _write(path: Path, content: bytes) -> None:
    """Write under a temporary name first: a file that has its name is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(content)
    temporary.replace(path)


def _write_images(
    out: Path,
    spec: PhantomSpec,
    num_processes: int,
    on_progress: Callable[[int, int], None] | None,
) -> None:
    parts = [
        (hospital, first)
        for first in range(0, spec.num_patients, _PATIENTS_PER_PART)
        for hospital in HOSPITALS
    ]
    num_images = sum(
        len(patient.studies)
        for hospital in HOSPITALS.values()
        for patient in draw_patients(spec, hospital)
    )
    done = 0
    for num_written in _mapped(partial(_write_part, out, spec), parts, num_processes):
        done += num_written
        if on_progress is not None:
            on_progress(done, num_images)


def _num_cores() -> int:
    """Cores that this process may use; not every system can tell them from those there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _mapped(
    work: Callable[[tuple[str, int]], int], parts: Sequence[tuple[str, int]], num_processes: int
) -> Iterator[int]:
    if num_processes == 1:
        yield from map(work, parts)
        return
    # Not forked: threads of the caller's libraries would not survive it.
    with ProcessPoolExecutor(num_processes, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(work, part) for part in parts]
        try:
            for future in as_completed(waiting):
                yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _part(out: Path, hospital: str, first: int, kind: str) -> Path:
    return out / _PARTS / f"{hospital}-{kind}-{first:06d}.parquet"


def _write_part(out: Path, spec: PhantomSpec, part: tuple[str, int]) -> int:
    """Render the patients of one part, unless it is there; returns the number of its images."""
    hospital, first = part
    done = _part(out, hospital, first, "images")
    if done.exists():
        return pl.scan_parquet(done).select(pl.len()).collect().item()
    images = [
        _write_image(out, spec, hospital, patient, study)
        for patient in draw_patients(spec, HOSPITALS[hospital], first, _PATIENTS_PER_PART)
        for study in patient.studies
    ]
    _write(_part(out, hospital, first, "masks"), _parquet(mask_frame(images)))
    _write(done, _parquet(image_frame(images)))
    return len(images)


def _write_image(
    out: Path, spec: PhantomSpec, hospital: str, patient: Patient, study: Study
) -> Written:
    radiograph: Radiograph = render(spec, HOSPITALS[hospital], patient, study)
    layout = LAYOUTS[hospital]
    name = layout.name_image(spec, patient, study)
    buffer = io.BytesIO()
    layout.encode(Image.fromarray(radiograph.pixels), buffer)
    _write(out / hospital / name.path, buffer.getvalue())
    return Written(name, patient, study, radiograph)


def _write_tables(out: Path, spec: PhantomSpec, hospital: str) -> None:
    for kind in ("masks", "images"):
        parts = sorted((out / _PARTS).glob(f"{hospital}-{kind}-*.parquet"))
        _write(_truth(out, hospital, kind), _parquet(pl.concat(map(pl.read_parquet, parts))))
    images = pl.read_parquet(_truth(out, hospital))
    for name, content in LAYOUTS[hospital].tables(spec, images):
        _write(out / hospital / name, content)


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()
