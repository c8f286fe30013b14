"""Localisation: does a model look at the right place, do models agree, do maps depend on them."""

from itertools import chain

import polars as pl
import streamlit as st

from core.saliency.perturb import PERTURBATIONS
from core.tables import AGREEMENT, LOCALISATION, POOLED, REGIONS, SANITY
from core.tables.attention import GATES, GRIDS
from dashboard.components import wording
from dashboard.components.choices import one, switch
from dashboard.components.downloads import offer
from dashboard.components.frame import caption, sentences, show, show_broken, show_head
from dashboard.components.localisation import agreement_table, localisation_table, sanity_table
from dashboard.components.markup import Markup, joined, plain
from dashboard.queries.export_maps import agreed_frame, localised_frame, sane_frame
from dashboard.queries.localisation import (
    Choice,
    Localised,
    agreed,
    localised,
    measured,
    offered,
    sane,
)
from dashboard.queries.scope import Scope
from dashboard.tokens import token
from dashboard.typography import interval, name, percent
from dashboard.views.attention_shift import show_attention_shift, show_regions

LIKENESS = {"spearman": "Spearman", "top_decile_iou": "IoU of top decile"}
"""The metrics of `core.saliency.agreement`, as the page calls them."""

OTHERS = {POOLED: "every other finding"} | {
    name: change.title for name, change in PERTURBATIONS.items()
}
COMPARISONS = {
    "models": "Between models, on the same finding",
    "resamples": "Between heads trained on other samples of the patients",
    "findings": "Between the findings of one model",
    "perturbation": "Before and after changes that should not matter",
}


def show_page(scope: Scope) -> None:
    """Render the page."""
    slot = st.container()
    boxes = measured(scope, LOCALISATION)
    rows = _show_boxes(scope, boxes.frame)
    record = scope.record()
    with slot:
        show_head("Localisation", _answer(scope, rows), [record] if record else [])
    maps = measured(scope, AGREEMENT)
    _show_agreement(scope, maps.frame)
    tests = measured(scope, SANITY)
    _show_sanity(scope, tests.frame)
    damaged = {each.run_id for each in boxes.broken}
    show_attention_shift(scope, [run for run in scope.runs.read if run.run_id not in damaged])
    regions = measured(scope, REGIONS)
    show_regions(scope, regions.frame)
    broken = chain.from_iterable(each.broken for each in (boxes, maps, tests, regions))
    show_broken((*scope.runs.broken, *broken))


def _show_boxes(scope: Scope, frame: pl.DataFrame) -> tuple[Localised, ...]:
    if frame.is_empty():
        show(caption(wording.data(scope.record(), scope.where)))
        return ()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=260):
            finding = one("Finding", "boxes_of", offered(frame))
        grid = switch("Grid", "grid", GRIDS)
        gate = switch("Images", "gate", GATES)
    choice = Choice(finding, grid, gate)
    rows = localised(frame, scope.runs.read, choice)
    if not rows:
        show(plain("p", "No image with a box answers this choice."))
        return ()
    cell = next(iter(rows[0].cells.values()))
    show(
        localisation_table(rows, scope.context),
        caption(
            sentences(
                [
                    f"{'All findings pooled' if finding == POOLED else name(finding)}; positive "
                    "part of the maps; several boxes of a finding count as their union.",
                    "Common grid: 7×7, so that no backbone wins by resolution."
                    if grid == GRIDS[0]
                    else "Native grid of each backbone.",
                    wording.data(scope.record(), scope.where),
                    wording.intervals(cell.n_resamples),
                ]
            )
        ),
    )
    offer(lambda: localised_frame(rows, choice, scope.where), "localisation")
    return rows


def _answer(scope: Scope, rows: tuple[Localised, ...]) -> Markup:
    target = scope.where.dataset
    top = next((row for row in rows if row.run and "energy" in row.cells), None)
    if top is None or top.run is None:
        return joined((f"Nothing was measured against boxes of {target} here: ", _command(target)))
    cell = top.cells["energy"]
    which = (
        "the most of the runs that may be ranked"
        if top.run.record.ranked
        else "on random weights, as every run shown"
    )
    best = max(
        (row for row in rows if row.run is None and "energy" in row.cells),
        key=lambda row: row.cells["energy"].value or 0.0,
        default=None,
    )
    beside = ""
    if best:
        title = "the best map without a model"
        beside = f"; {title} puts {percent(best.cells['energy'].value)} % there"
    return joined(
        (
            f"On {target} ({scope.where.split}), ",
            plain("strong", token(top.run.record.spec).title),
            f" puts {percent(cell.value)} % [{interval(cell.low, cell.high)}] of its attention "
            f"inside the boxes, {which}{beside}.",
        )
    )


def _command(target: str) -> Markup:
    return plain("code", f"cxr localise RUN --dataset {target}")


def _show_agreement(scope: Scope, frame: pl.DataFrame) -> None:
    show(plain("h2", "Do maps agree?"))
    if frame.is_empty():
        command = plain("code", f"cxr agree RUN… --dataset {scope.where.dataset}")
        show(plain("p", "Not measured here yet: ", command))
        return
    metric = switch("Likeness", "likeness", list(LIKENESS))
    by_id = {run.run_id: run for run in scope.runs.read}
    found = {comparison: agreed(frame, comparison, metric) for comparison in COMPARISONS}
    for comparison, title in COMPARISONS.items():
        if rows := found[comparison]:
            show(plain("h2", title), agreement_table(rows, by_id, OTHERS, scope.context))
    show(
        caption(
            sentences(
                [
                    f"{LIKENESS[metric]} of signed maps on the coarser grid, all findings pooled.",
                    "Beyond chance: (same − other) / (1 − other), other images being those of "
                    "other patients under the same head; 0 is no more alike than unrelated images.",
                    wording.data(scope.record(), scope.where),
                ]
            )
        )
    )
    offer(lambda: agreed_frame(found, metric, by_id, scope.where), "agreement")


def _show_sanity(scope: Scope, frame: pl.DataFrame) -> None:
    show(plain("h2", "Do maps depend on what the model has learnt?"))
    if frame.is_empty():
        command = plain("code", f"cxr sanity RUN --dataset {scope.where.dataset}")
        show(plain("p", "Not measured here yet: ", command))
        return
    by_id = {run.run_id: run for run in scope.runs.read}
    steps = sane(frame)
    show(
        sanity_table(steps, by_id, scope.context),
        caption(
            "Median signed Spearman correlation of the original maps with those of a copy whose "
            "weights are random from the head down to the named share of the backbone, or whose "
            "head learnt permuted labels. Maps that still agree after “all” by more than 10 "
            "points above unrelated images show the image and not the model: flagged."
        ),
    )
    offer(lambda: sane_frame(steps, by_id, scope.where), "sanity")
