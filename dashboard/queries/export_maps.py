"""The tables of where models look as tidy frames."""

from collections.abc import Mapping, Sequence

import polars as pl

from core.saliency.priors import BASELINES
from dashboard.queries.attention import ImageRow
from dashboard.queries.attention_shift import Moved
from dashboard.queries.cells import Place
from dashboard.queries.localisation import Agreed, Choice, Localised, OnRegion, Sane
from dashboard.queries.map_figures import Figures, MapFigures
from dashboard.queries.reading import Run
from dashboard.queries.tidy import Record, of_cell, of_place, of_run, tidy

ById = Mapping[str, Run]


def localised_frame(rows: Sequence[Localised], choice: Choice, where: Place) -> pl.DataFrame:
    """How well maps find the boxes: one row a map and metric, those without a model last."""
    about = _spot(where) | vars(choice)
    return tidy(
        (of_run(row.run) if row.run else _baseline(row.name))
        | about
        | {"metric": metric}
        | of_cell(cell)
        for row in rows
        for metric, cell in row.cells.items()
    )


def agreed_frame(
    found: Mapping[str, Sequence[Agreed]], metric: str, runs: ById, where: Place
) -> pl.DataFrame:
    """How alike maps are beyond chance: one row a comparison and pair."""
    return tidy(
        {"comparison": comparison}
        | _named(row.run_id, runs)
        | {"against": row.other}
        | _spot(where)
        | {"metric": metric}
        | of_cell(row.cell)
        | {"same": row.same, "chance": row.chance}
        for comparison, rows in found.items()
        for row in rows
    )


def sane_frame(rows: Sequence[Sane], runs: ById, where: Place) -> pl.DataFrame:
    """What is left of maps after each step of randomisation."""
    return tidy(
        _named(row.run_id, runs)
        | {"step": row.step}
        | _spot(where)
        | of_cell(row.cell)
        | {"chance": row.chance}
        for row in rows
    )


def moved_frame(found: Sequence[Moved], target: str) -> pl.DataFrame:
    """Both changes of every run and finding, with the run's rank correlation over findings."""
    return tidy(
        of_run(each.run)
        | {"source": each.run.record.spec.source, "target": target}
        | row
        | {"rank_correlation": each.rank_correlation, "n_findings": each.rows.height}
        for each in found
        for row in each.rows.iter_rows(named=True)
    )


def region_frame(
    rows: Sequence[OnRegion], finding: str, grid: str, runs: ById, where: Place
) -> pl.DataFrame:
    """The share of attention on each region, beside its area."""
    return tidy(
        _named(row.run_id, runs)
        | {"region": row.region, "finding": finding, "grid": grid}
        | _spot(where)
        | of_cell(row.cell)
        | {"area": row.uniform}
        for row in rows
    )


def gallery_frame(rows: Sequence[ImageRow], figures: Figures, where: Place) -> pl.DataFrame:
    """What stands above and under the maps on show: one row an image and map."""
    return tidy(
        {"image_id": row.image_id}
        | of_run(tile.column.run)
        | {"finding": str(tile.column.finding)}
        | of_place(where)
        | {"probability": tile.probability, "label": tile.label, "outcome": tile.outcome}
        | _of_figures(figures.get((row.image_id, tile.column)))
        for row in rows
        for tile in row.tiles
    )


def _of_figures(found: MapFigures | None) -> Record:
    in_box = found.in_box if found else None
    agreement = found.agreement if found else None
    return {
        "energy_in_box": in_box.share if in_box else None,
        "area_of_box": in_box.area if in_box else None,
        "agreement_beyond_chance": agreement.beyond_chance if agreement else None,
        "agreement_same_image": agreement.same if agreement else None,
        "agreement_other_images": agreement.chance if agreement else None,
    }


def _named(run_id: str, runs: ById) -> Record:
    return of_run(runs[run_id]) if run_id in runs else {"run": run_id, "run_id": run_id}


def _baseline(name: str) -> Record:
    return {"run": f"{BASELINES[name].title}, without a model", "run_id": name}


def _spot(where: Place) -> Record:
    """Maps know no threshold policy."""
    return {"dataset": where.dataset, "split": where.split}
