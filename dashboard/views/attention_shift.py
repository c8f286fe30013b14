"""The part of the localisation page on what attention follows: the shift, and markers."""

from collections.abc import Sequence

import polars as pl
import streamlit as st

from core.tables.attention import GRIDS
from dashboard.components import wording
from dashboard.components.attention_shift import finding_moves, moved_table, region_table
from dashboard.components.choices import one, switch
from dashboard.components.downloads import offer
from dashboard.components.frame import caption, sentences, show
from dashboard.components.markup import plain
from dashboard.queries.attention_shift import Moved, follow, movements
from dashboard.queries.export_maps import moved_frame, region_frame
from dashboard.queries.localisation import offered, on_regions
from dashboard.queries.reading import Run
from dashboard.queries.scope import Scope
from dashboard.typography import name, plural


def show_attention_shift(scope: Scope, runs: Sequence[Run]) -> None:
    """Render how attention changes beside AUROC, by run and by finding.

    Args:
        scope: What the page is about.
        runs: Those whose tables can be read.
    """
    target = scope.where.dataset
    show(plain("h2", "Does attention move where AUROC falls?"))
    found = movements(scope.stores, runs, target)
    if not found:
        show(plain("p", *_why_no_shift(runs, target)))
        return
    show(plain("p", _moves_said(found)), moved_table(found, scope.context))
    by_id = {each.run.run_id: each for each in found}
    with st.container(width=420):
        chosen = by_id[one("Run", "moved", list(by_id))]
    show(
        finding_moves(chosen, target),
        caption(
            "From the source’s test split to the target’s, in percentage points. Attention: "
            "energy in the boxes over the most that the 7×7 grid can put there. Rank "
            "correlation: Spearman of the two changes over findings; 1 where attention leaves the "
            "boxes of those findings most whose AUROC falls most; – below 4 findings or without "
            "any change. Few findings make it a description, without an interval."
        ),
    )
    offer(lambda: moved_frame(found, target), "attention-shift")


def _why_no_shift(runs: Sequence[Run], target: str) -> tuple[str, ...]:
    if not runs:
        return ("No chosen run was trained here, so none has maps.",)
    sources = sorted({run.record.spec.source for run in runs} - {target})
    if not sources:
        return (f"{target} is the source of every chosen run; choose another target.",)
    options = " ".join(f"--dataset {each}" for each in (*sources, target))
    return (
        "No chosen run was scored and held against boxes both at its source and here: ",
        plain("code", f"cxr localise RUN {options}"),
    )


def _moves_said(found: Sequence[Moved]) -> str:
    num_following, num_known = follow(found)
    if not num_known:
        return "No run has a rank correlation: each has too few findings, or none that changed."
    return (
        f"Attention leaves the boxes more where AUROC falls more (rank correlation above 0) in "
        f"{num_following} of {plural(num_known, 'run')}."
    )


def show_regions(scope: Scope, frame: pl.DataFrame) -> None:
    """Render the share of attention on regions, such as markers, where any was measured.

    Args:
        scope: What the page is about.
        frame: Rows of `tables.REGIONS` with `run_id`.
    """
    if frame.is_empty():
        return
    show(plain("h2", "How much attention lies on what is no finding?"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=260):
            finding = one("Maps of", "regional", offered(frame))
        grid = switch("Grid of the maps", "regional_grid", GRIDS)
    rows = on_regions(frame, finding, grid)
    by_id = {run.run_id: run for run in scope.runs.read}
    show(
        region_table(rows, by_id, scope.context),
        caption(
            sentences(
                [
                    f"Share of the positive part of the maps of {name(finding)} inside regions "
                    "such as markers; area is the share that a map without contrast would have.",
                    wording.data(scope.record(), scope.where),
                    wording.intervals(rows[0].cell.n_resamples if rows else None),
                ]
            )
        ),
    )
    offer(lambda: region_frame(rows, finding, grid, by_id, scope.where), "regions")
