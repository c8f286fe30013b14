"""Rendering all images, part by part, in several processes; what is done is not done again."""

import io
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

from core.phantom.cohort import Patient, Study, draw_patients
from core.phantom.files import LAYOUTS, parquet, write_file
from core.phantom.ground_truth import Written, image_frame, mask_frame
from core.phantom.hospitals import HOSPITALS
from core.phantom.render import render
from core.phantom.spec import PhantomSpec

PARTS = ".parts"
"""Folder of the parts' tables, until the whole is finished."""

_PATIENTS_PER_PART = 8
_LARGEST_KEPT_BYTES = 31 * 2**20
"""Just under the most that glibc lets its measure rise to; see `_keep_freed_memory`."""


def write_images(
    out: Path,
    spec: PhantomSpec,
    num_processes: int | None,
    on_progress: Callable[[int, int], None] | None,
) -> None:
    """Render every image that is not there yet, and the tables of each part.

    Args:
        out: The phantom's folder.
        spec: What to write.
        num_processes: How many render; None: one a core that may be used.
        on_progress: Called with the images done and the images in all.
    """
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
    for num_written in _mapped(
        partial(_write_part, out, spec), parts, num_processes or _num_cores()
    ):
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
    pool = ProcessPoolExecutor(
        num_processes, mp_context=get_context("spawn"), initializer=_keep_freed_memory
    )
    with pool:
        waiting = [pool.submit(work, part) for part in parts]
        try:
            for future in as_completed(waiting):
                yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _keep_freed_memory() -> None:
    """Make the C library keep what is freed, instead of asking the system for it image by image.

    glibc takes the largest block ever given back as its measure of what to keep; without this a
    quarter of the time goes into page faults.
    """
    np.empty(_LARGEST_KEPT_BYTES, dtype=np.uint8)


def _part(out: Path, hospital: str, first: int, kind: str) -> Path:
    return out / PARTS / f"{hospital}-{kind}-{first:06d}.parquet"


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
    write_file(_part(out, hospital, first, "masks"), parquet(mask_frame(images)))
    write_file(done, parquet(image_frame(images)))
    return len(images)


def _write_image(
    out: Path, spec: PhantomSpec, hospital: str, patient: Patient, study: Study
) -> Written:
    radiograph = render(spec, HOSPITALS[hospital], patient, study)
    layout = LAYOUTS[hospital]
    name = layout.name_image(spec, patient, study)
    buffer = io.BytesIO()
    layout.encode(Image.fromarray(radiograph.pixels), buffer)
    write_file(out / hospital / name.path, buffer.getvalue())
    return Written(name, patient, study, radiograph)


def merged(out: Path, hospital: str, kind: str) -> pl.DataFrame:
    """The parts' tables of one kind, `images` or `masks`, in the order of the patients."""
    parts = sorted((out / PARTS).glob(f"{hospital}-{kind}-*.parquet"))
    return pl.concat(map(pl.read_parquet, parts))
