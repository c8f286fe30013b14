"""The overview: who is highest on this target, by how much, and what was lost on the way."""

import polars as pl
import streamlit as st

from dashboard.components import wording
from dashboard.components.answer import headline
from dashboard.components.chart import show_figure
from dashboard.components.choices import any_of, tick
from dashboard.components.downloads import offer
from dashboard.components.frame import caption, sentences, show, show_broken, show_head
from dashboard.components.markup import Markup, plain
from dashboard.components.study_table import (
    AGAINST,
    COLUMNS,
    SPREAD,
    Beside,
    study_table,
    usual_columns,
)
from dashboard.figures.forest import CHANCE, forest
from dashboard.queries.export import board_frame
from dashboard.queries.forest import forest_frame
from dashboard.queries.leaderboard import Leaderboard, leaderboard
from dashboard.queries.map_columns import AGREED, ENERGY, HIT_RATE, map_cells
from dashboard.queries.references import published, reference_rows
from dashboard.queries.scope import Scope
from dashboard.typography import plural

MOST_RUNS = 25
"""So many are shown unless the reader asks for all; the others' replicates are not read."""


def show_page(scope: Scope) -> None:
    """Render the page."""
    slot = st.container()
    columns, most = _choices(scope)
    board = leaderboard(scope.stores, scope.runs, scope.where, scope.context.baseline, most)
    target = scope.record()
    studies, unread = published(scope.stores, target)
    references = reference_rows(scope.stores, scope.runs, scope.where)
    maps, unread_maps = map_cells(scope.stores.results, board.rows, scope.where)
    beside = Beside(references, studies, maps, scope.mapped())
    sources = sorted({*_sources(scope)} - {scope.where.dataset})
    records = [target, *(scope.record(name) for name in sources)]
    with slot:
        answer = headline(board, bool(target and target.synthetic))
        show_head("Overview", answer, [record for record in records if record])
        show(
            study_table(board, scope.context, beside, columns),
            _caption(scope, board, columns or usual_columns(scope.context, beside), beside),
        )
        show_broken((*unread, *unread_maps))
    offer(lambda: _whole_frame(scope, beside), "leaderboard")
    _show_forest(board)


def _choices(scope: Scope) -> tuple[tuple[str, ...], int | None]:
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.popover("Columns", type="tertiary", icon=":material/view_column:"):
            columns = any_of("Columns", "columns", tuple(COLUMNS), placeholder="The usual ones")
        is_long = len(scope.runs.every) > MOST_RUNS
        is_whole = is_long and tick(f"All {plural(len(scope.runs.every), 'run')}", "all")
    return columns, None if is_whole else MOST_RUNS


def _whole_frame(scope: Scope, beside: Beside) -> pl.DataFrame:
    board = leaderboard(scope.stores, scope.runs, scope.where, scope.context.baseline)
    return board_frame(board, beside.references, beside.published)


def _show_forest(board: Leaderboard) -> None:
    frame = forest_frame(board)
    if frame.is_empty():
        return
    show(plain("h2", "AUROC with its interval, and what it was at home"))
    figure = forest(frame, "AUROC macro, %", CHANCE)
    label = "; ".join(
        f"{row['title']} {100 * row['value']:.1f} %"
        for row in frame.drop_nulls("value").iter_rows(named=True)
    )
    show_figure(figure, f"AUROC macro by run: {label}")
    show(
        caption(
            "Colour is the backbone, shape the loss; filled is tuned, hollow is frozen; a star was "
            "imported; faint and slanted is not ranked. The vertical bar is the same run on its "
            "source’s own test split, where it covers the same findings; the dotted line is chance."
        )
    )


def _sources(scope: Scope) -> list[str]:
    return sorted({run.record.source for run in scope.runs.every if run.record.source})


def _caption(scope: Scope, board: Leaderboard, columns: tuple[str, ...], beside: Beside) -> Markup:
    cells = [row.cell for row in board.rows if row.cell]
    hidden = f"{len(board.rows)} runs of {len(board.rows) + board.num_hidden} are shown."
    baseline = scope.context.baseline
    said = [
        *([hidden] if board.num_hidden else []),
        f"Per cent. {wording.data(scope.record(), scope.where)}",
        f"F1: {wording.thresholds(scope.where.policy, _sources(scope))}.",
        wording.intervals(cells[0].n_resamples if cells else None),
        "Bold: the highest observed AUROC and all runs not significantly below it.",
        "Gap: target minus source test, over the findings scored on both, in percentage points.",
    ]
    if baseline and AGAINST in columns:
        said.append(
            f"Difference: AUROC minus that of {baseline}, paired by patient; its interval is not "
            "adjusted for the number of runs, and speaks of these trained models."
        )
    if SPREAD in columns:
        said.append(
            "Spread: standard deviation of AUROC over the trainings of one method: over resampled "
            "training patients where there are any, else over seeds."
        )
    if {HIT_RATE, ENERGY, AGREED} & {*columns}:
        said.append(
            "Maps: findings pooled; the hit rate is the pointing game on images with boxes, the "
            "agreement a rank correlation with another run beyond that of unrelated images."
        )
    if beside.references:
        said.append("A reference row predicts from labels’ shares, age, sex and view alone.")
    return caption(sentences(said))
