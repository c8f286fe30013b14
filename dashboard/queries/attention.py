"""The two layouts of the attention page: rows of images, columns of findings or of runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from core.errors import CxrError
from core.findings import FINDINGS, PRESENT, Finding
from core.tables import HEATMAPS
from dashboard.context import MapAddress, image_address
from dashboard.queries.cells import Place
from dashboard.queries.pictures import Outline, maps, outlines, radiograph
from dashboard.queries.reading import Broken, Run, cache_key, dataset, version
from dashboard.queries.selection import assessed
from dashboard.stores import Stores
from dashboard.tokens import RunToken, token


@dataclass(frozen=True)
class Column:
    """What one column of maps shows: a finding, as one run sees it."""

    run: Run
    finding: Finding

    @property
    def look(self) -> RunToken:
        """The run's mark and names."""
        return token(self.run.record.spec)


@dataclass(frozen=True)
class Tile:
    """One map.

    Args:
        column: Its run and finding.
        map: Where it is served; None where no map is stored.
        probability: The run's score, 0 to 1.
        label: 1, 0, or None where the finding is uncertain or not annotated.
        outcome: A key of `OUTCOMES`; None without label, score or threshold.
        is_blank: Whether the map has no positive value, so that nothing is drawn.
        boxes: The finding's boxes on the square.
    """

    column: Column
    map: MapAddress | None
    is_blank: bool
    probability: float | None
    label: int | None
    outcome: str | None
    boxes: tuple[Outline, ...]


@dataclass(frozen=True)
class ImageRow:
    """One image.

    Args:
        image_id: Its name.
        address: Where its square is served; None where it was never decoded.
        description: View, sex and age, as far as known.
        present: Findings labelled present.
        boxes: Boxes of the findings on show.
        tiles: One a column.
    """

    image_id: str
    address: str | None
    description: str
    present: tuple[str, ...]
    boxes: tuple[Outline, ...]
    tiles: tuple[Tile, ...]


@dataclass(frozen=True)
class Mapped:
    """The runs that have maps for a data set.

    Args:
        findings: Run id to the findings that it has maps for, in the order of the tables.
        runs: Those runs.
        broken: Runs whose maps cannot be read.
    """

    findings: Mapping[str, tuple[Finding, ...]]
    runs: tuple[Run, ...]
    broken: tuple[Broken, ...]


def mapped(stores: Stores, runs: Sequence[Run], name: str) -> Mapped:
    """What can be shown of a data set; a damaged file costs its own run and no other."""
    versions = tuple(version(stores, run.run_id, HEATMAPS, name) for run in runs)
    return _mapped(stores, tuple(runs), name, versions)


@lru_cache(maxsize=16)
def _mapped(stores: Stores, runs: tuple[Run, ...], name: str, versions: tuple[str, ...]) -> Mapped:
    del versions
    findings: dict[str, tuple[Finding, ...]] = {}
    broken: list[Broken] = []
    for run in runs:
        try:
            found = set(maps(stores, run.run_id, name)["finding"].unique())
        except CxrError as error:
            broken.append(Broken(run.run_id, str(error)))
            continue
        if found:
            findings[run.run_id] = tuple(each for each in FINDINGS if each in found)
    shown = tuple(run for run in runs if run.run_id in findings)
    return Mapped(findings, shown, tuple(broken))


def grids(stores: Stores, columns: Sequence[Column], name: str) -> tuple[str, ...]:
    """The native grids of the columns: "7×7", "14×14".

    Raises:
        DataError: If a file is damaged.
    """
    found = {
        (row["height"], row["width"])
        for run_id in {column.run.run_id for column in columns}
        for row in maps(stores, run_id, name).select("height", "width").unique().to_dicts()
    }
    return tuple(f"{height}×{width}" for height, width in sorted(found))


def gallery(
    stores: Stores, where: Place, columns: Sequence[Column], image_ids: Sequence[str]
) -> tuple[ImageRow, ...]:
    """The rows of a page.

    Args:
        stores: Where to read.
        where: Data set, split and policy.
        columns: At least one; the first one's run decides which square is shown on the left.
        image_ids: In order.

    Raises:
        CxrError: If a file is damaged.
    """
    of_column = [_by_image(stores, column, where, image_ids) for column in columns]
    manifest = dataset(stores, where.dataset).manifest
    rows = {row["image_id"]: row for row in _rows(manifest, image_ids)}
    return tuple(
        _image_row(stores, where, columns, rows[image_id], [each[image_id] for each in of_column])
        for image_id in image_ids
    )


def _rows(manifest: pl.DataFrame, image_ids: Sequence[str]) -> list[dict[str, object]]:
    return manifest.filter(pl.col("image_id").is_in(list(image_ids))).to_dicts()


def _by_image(
    stores: Stores, column: Column, where: Place, image_ids: Sequence[str]
) -> Mapping[str, Mapping[str, object]]:
    known = assessed(stores, column.run.run_id, where, column.finding)
    found = {row["image_id"]: row for row in _rows(known, image_ids)}
    nothing = dict.fromkeys(known.columns)
    return {image_id: found.get(image_id, nothing) for image_id in image_ids}


def _image_row(
    stores: Stores,
    where: Place,
    columns: Sequence[Column],
    image: Mapping[str, object],
    verdicts: Sequence[Mapping[str, object]],
) -> ImageRow:
    image_id = str(image["image_id"])
    run = columns[0].run
    findings = tuple(dict.fromkeys(column.finding for column in columns))
    boxes = outlines(stores, where.dataset, run.record.spec.image, image_id, findings)
    return ImageRow(
        image_id=image_id,
        address=_image(stores, where.dataset, run, image_id),
        description=_description(image),
        present=tuple(finding for finding in FINDINGS if image[finding] == PRESENT),
        boxes=boxes,
        tiles=tuple(
            _tile(stores, where, column, image_id, verdict)
            for column, verdict in zip(columns, verdicts, strict=True)
        ),
    )


def _image(stores: Stores, name: str, run: Run, image_id: str) -> str | None:
    if radiograph(stores, name, run.run_id, image_id) is None:
        return None
    key = cache_key(stores, name, run.record.spec.image)
    return image_address(name, run.run_id, image_id, key)


def _tile(
    stores: Stores, where: Place, column: Column, image_id: str, verdict: Mapping[str, object]
) -> Tile:
    run_id, name = column.run.run_id, where.dataset
    changed = version(stores, run_id, HEATMAPS, name)
    has_map = verdict["image_id"] is not None
    address = MapAddress(name, run_id, column.finding, image_id, changed) if has_map else None
    image = column.run.record.spec.image
    probability, label, outcome = (verdict[key] for key in ("probability", "label", "outcome"))
    assert probability is None or isinstance(probability, float)
    assert label is None or isinstance(label, int)
    assert outcome is None or isinstance(outcome, str)
    return Tile(
        column=column,
        map=address,
        is_blank=verdict["is_blank"] is True,
        probability=probability,
        label=label,
        outcome=outcome,
        boxes=outlines(stores, name, image, image_id, [column.finding]),
    )


def _description(image: Mapping[str, object]) -> str:
    view, sex, age = (image[key] for key in ("view", "sex", "age_years"))
    parts = [
        str(view) if view != "UNKNOWN" else "view unknown",
        str(sex) if sex else "",
        f"{age:.0f} years" if isinstance(age, float) else "",
    ]
    return ", ".join(part for part in parts if part)
