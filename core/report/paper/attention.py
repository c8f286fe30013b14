"""Where the runs look: what was measured, and maps beside their radiographs."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image

from core.findings import FINDINGS, Finding
from core.imaging.geometry import Box, fit
from core.records import RunRecord
from core.report.attention import attention_columns
from core.report.paper.blocks import Block, Grid, Heading, Panel, Section
from core.report.paper.cells import MIN_PATIENTS, WITHHELD, interval
from core.report.paper.subject import SPLIT, Subject
from core.saliency.render import Frame, picture, png, with_boxes
from core.specs import ImageSpec
from core.store.data import Dataset
from core.store.heatmaps import read_maps
from core.store.thumbnails import ThumbnailStore, from_png
from core.tables import DEFAULT_METHOD, HEATMAPS
from core.written import UNDEFINED, finding_name

MAX_ROWS, MAX_RUNS, SIDE, GAP = 4, 4, 224, 6
"""Of a panel: radiographs, runs, pixels of a tile and between tiles."""


class Case(NamedTuple):
    """One row of a panel."""

    image_id: str
    finding: Finding


class Radiograph(NamedTuple):
    """An image as a run sees it, with the size of its original."""

    pixels: NDArray[np.uint8]
    width: int
    height: int


def attention(about: Subject) -> Iterator[Block]:
    """What was measured of attention, and a panel of maps where images may be shown."""
    blocks = [*_measured(about), *_panel(about)]
    if blocks:
        yield Heading(Section.ATTENTION)
        yield from blocks


def _measured(about: Subject) -> Iterator[Block]:
    marks = about.marks
    columns = attention_columns(about.results, tuple(marks), about.target, SPLIT)
    known = columns.filter(pl.any_horizontal(pl.col("hit_rate", "agreement").is_not_null()))
    if known.height:
        yield Grid(
            f"Attention on {about.target}, per cent with 95 % interval: how often the maximum of "
            "a map lies in the finding's box (pointing game; findings pooled), what the mean box "
            "of other patients reaches, the share of energy inside, and the chance-corrected "
            "correlation with another run's maps.",
            ("", "in the box", "mean box", "energy inside", "maps", "agreement", "with", "maps "),
            tuple(_measured_row(row, marks, about.is_closed) for row in known.to_dicts()),
        )


def _measured_row(
    row: dict[str, float | int | str | None], marks: dict[str, str], is_closed: bool
) -> tuple[str, ...]:
    def told(name: str, count: str) -> str:
        ends = (row[name], row.get(f"{name}_low"), row.get(f"{name}_high"))
        value, low, high = (end if isinstance(end, float) else None for end in ends)
        number = row[count]
        is_small = isinstance(number, int) and number < MIN_PATIENTS
        return WITHHELD if is_closed and is_small else interval(value, low, high)

    def counted(name: str) -> str:
        number = row[name]
        if not isinstance(number, int):
            return UNDEFINED
        return WITHHELD if is_closed and number < MIN_PATIENTS else f"{number:,}"

    return (
        marks[str(row["run_id"])],
        told("hit_rate", "hit_rate_n"),
        told("hit_rate_baseline", "hit_rate_n"),
        told("energy", "hit_rate_n"),
        counted("hit_rate_n"),
        told("agreement", "agreement_n"),
        marks.get(str(row["agreement_with"]), UNDEFINED),
        counted("agreement_n"),
    )


def _panel(about: Subject) -> Iterator[Block]:
    """The first images with maps of all shown runs; nothing where any of it is restricted."""
    dataset = about.indexed(about.target)
    runs = _mapped_runs(about)
    if about.is_restricted or dataset is None or dataset.record.restricted or not runs:
        return
    image = runs[0].spec.image
    shown = _radiographs(about, dataset, image, _cases(about, dataset, runs))
    if not shown:
        return
    rows = [_row(about, dataset, runs, case, seen) for case, seen in shown.items()]
    order = ", ".join(about.marks[run.run_id] for run in runs)
    cases = "; ".join(
        finding_name(case.finding) + ("" if about.is_public else f" ({case.image_id})")
        for case in shown
    )
    source = "Synthetic images" if dataset.record.synthetic else f"Images of {dataset.name}"
    yield Panel(
        f"{source} with their boxes, then the positive part of Grad-CAM of {order}, each on its "
        f"own scale (plain where nothing is positive). From top to bottom: {cases}; of each "
        "finding the first image by name.",
        "attention",
        png(_stacked(rows, axis=0), "RGB"),
    )


def _mapped_runs(about: Subject) -> list[RunRecord]:
    """Runs with maps of the target and one preprocessing, those of the top first."""
    mapped = [
        record
        for record in about.trained
        if about.results.has(record.run_id, HEATMAPS, about.target)
    ]
    return [each for each in mapped if each.spec.image == mapped[0].spec.image][:MAX_RUNS]


def _cases(about: Subject, dataset: Dataset, runs: Sequence[RunRecord]) -> list[Case]:
    """Of each finding the first image that has a map of every run: boxed ones, else positives."""
    manifest = dataset.manifest.filter(~dataset.set_aside)
    positive = manifest.unpivot(FINDINGS, index="image_id", variable_name="finding")
    positive = positive.filter(value=1).select("image_id", "finding")
    wanted = dataset.boxes.select("image_id", "finding") if dataset.boxes.height else positive
    for run in runs:
        maps = about.results.read(run.run_id, HEATMAPS, about.target)
        named = maps.filter(method=DEFAULT_METHOD).select("image_id", "finding")
        wanted = wanted.join(named, on=["image_id", "finding"], how="semi")
    first = wanted.group_by("finding").agg(pl.col("image_id").min()).sort("finding")
    return [Case(row[1], Finding(row[0])) for row in first.head(MAX_ROWS).rows()]


def _radiographs(
    about: Subject, dataset: Dataset, image: ImageSpec, cases: Sequence[Case]
) -> dict[Case, Radiograph]:
    """The images of cases, from the cache or from a bundle's thumbnails."""
    if about.data.has_images(dataset, image):
        cached = about.data.images(dataset, image)
        rows = {row["image_id"]: row for row in _named(cached.index, cases)}
        found = {name: cached.pixels[row["row"]] for name, row in rows.items()}
    else:
        store = ThumbnailStore(about.data.folder(dataset.name))
        rows = {row["image_id"]: row for row in _named(store.read(image), cases)}
        found = {name: from_png(row["png"]) for name, row in rows.items()}
    return {
        case: Radiograph(
            found[case.image_id],
            rows[case.image_id]["source_width"],
            rows[case.image_id]["source_height"],
        )
        for case in cases
        if case.image_id in found
    }


def _named(index: pl.DataFrame, cases: Sequence[Case]) -> Iterator[dict[str, Any]]:
    wanted = [case.image_id for case in cases]
    return index.filter(pl.col("image_id").is_in(wanted)).iter_rows(named=True)


def _row(
    about: Subject, dataset: Dataset, runs: Sequence[RunRecord], case: Case, seen: Radiograph
) -> NDArray[np.uint8]:
    grey = np.asarray(Image.fromarray(seen.pixels).resize((SIDE, SIDE)))
    boxes = _boxes(dataset, case, seen, runs[0].spec.image)
    tiles = [with_boxes(np.repeat(grey[..., None], 3, axis=2), boxes)]
    for run in runs:
        stored = read_maps(
            about.results, run.run_id, about.target, DEFAULT_METHOD, [case.image_id], [case.finding]
        )
        tiles.append(picture(grey, stored.maps[0, 0], boxes))
    return _stacked(tiles, axis=1)


def _boxes(dataset: Dataset, case: Case, seen: Radiograph, image: ImageSpec) -> list[Frame]:
    geometry = fit(seen.width, seen.height, image)
    rows = dataset.boxes.filter(image_id=case.image_id, finding=str(case.finding))
    given = (Box(*row) for row in rows.select("x", "y", "width", "height").rows())
    return [Frame(*placed) for box in given if (placed := geometry.to_square(box))]


def _stacked(tiles: Sequence[NDArray[np.uint8]], axis: int) -> NDArray[np.uint8]:
    """Tiles side by side (axis 1) or one below the other (axis 0), a white gap between."""
    shape = list(tiles[0].shape)
    shape[axis] = GAP
    white = np.full(shape, 255, np.uint8)
    spaced = [part for tile in tiles for part in (white, tile)][1:]
    return np.concatenate(spaced, axis=axis)
