"""The tables of the shift page as tidy frames."""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from dashboard.queries.cells import Cell, Place
from dashboard.queries.reading import AnyRun
from dashboard.queries.score_shift import Sides, mean
from dashboard.queries.scores import Scored
from dashboard.queries.shift import Promise, Shifted, at_home
from dashboard.queries.subgroups import Partition
from dashboard.queries.tidy import Record, of_cell, of_place, of_run, of_span, tidy


def shift_frame(rows: Sequence[Shifted], run: AnyRun, metric: str, where: Place) -> pl.DataFrame:
    """One metric by finding: on source test, on the target, and the gap."""
    home = at_home(run, where)
    return tidy(
        _on_side(row.finding, run, side, place) | {"metric": metric} | found
        for row in rows
        for side, place, found in (
            ("source test", home, of_cell(row.home) if row.home else {}),
            ("target", where, of_cell(row.away) if row.away else {}),
            ("gap", where, of_span(row.gap) if row.gap else {}),
        )
        if found
    )


def promise_frame(rows: Sequence[Promise], run: AnyRun, where: Place) -> pl.DataFrame:
    """Metrics by finding: on source test, and on the target."""
    places = {"source test": at_home(run, where), "target": where}
    return tidy(
        _on_side(row.finding, run, side, place) | {"metric": metric} | of_cell(cell)
        for row in rows
        for metric, pair in row.pairs.items()
        for (side, place), cell in zip(places.items(), pair, strict=True)
        if cell
    )


def _on_side(finding: str, run: AnyRun, side: str, place: Place) -> Record:
    return {"finding": finding} | of_run(run) | {"side": side} | of_place(place)


def score_frame(rows: Sequence[Sides], run: AnyRun, where: Place) -> pl.DataFrame:
    """Prevalence and mean score by finding and side, and the distance of the scores."""
    places = {"source test": at_home(run, where), "target": where}
    return tidy(
        {"finding": str(row.finding)}
        | of_run(run)
        | {"side": side, "dataset": place.dataset, "split": place.split}
        | _of_scores(scored)
        | {"distance_of_scores": row.distance}
        for row in rows
        for (side, place), scored in zip(places.items(), (row.home, row.away), strict=True)
    )


def _of_scores(scored: Scored) -> Record:
    return {
        "prevalence": mean(scored.labels),
        "mean_score": mean(scored.scores),
        "n": len(scored.labels),
        "n_positive": int(scored.labels.sum()),
    }


def corrected_frame(
    found: Mapping[str, Mapping[str, Cell]], run: AnyRun, where: Place
) -> pl.DataFrame:
    """Macro averages before and after correction: one row a kind of probability and metric."""
    return tidy(
        {"probabilities": title}
        | of_run(run)
        | of_place(where)
        | {"metric": metric}
        | of_cell(cell)
        for title, cells in found.items()
        for metric, cell in cells.items()
    )


def subgroup_frame(found: Sequence[Partition], run: AnyRun, where: Place) -> pl.DataFrame:
    """Macro averages by group, and the widest gap of each partition."""
    about = of_run(run) | of_place(where)
    return tidy(about | row for partition in found for row in _of_partition(partition))


def _of_partition(partition: Partition) -> Iterator[Record]:
    for group in partition.groups:
        for metric, cell in group.cells.items():
            yield {"group": group.name, "metric": metric} | of_cell(cell)
    for metric, (high, low, gap) in partition.widest.items():
        yield {"group": f"{high} minus {low}", "metric": f"{metric}, widest gap"} | of_span(gap)
