"""The overview: who is highest on this target, by how much, and what was lost on the way."""

from dashboard.components import wording
from dashboard.components.answer import headline
from dashboard.components.chart import show_figure
from dashboard.components.downloads import offer
from dashboard.components.frame import caption, sentences, show, show_head
from dashboard.components.markup import Markup, plain
from dashboard.components.study_table import study_table
from dashboard.figures.forest import CHANCE, forest
from dashboard.queries.export import board_frame
from dashboard.queries.forest import forest_frame
from dashboard.queries.leaderboard import Leaderboard, leaderboard
from dashboard.queries.scope import Scope


def show_page(scope: Scope) -> None:
    """Render the page."""
    board = leaderboard(scope.stores, scope.runs, scope.where)
    target = scope.record()
    sources = sorted({run.record.spec.source for run in scope.runs.read} - {scope.where.dataset})
    records = [target, *(scope.record(name) for name in sources)]
    known = [record for record in records if record]
    show_head("Overview", headline(board, bool(target and target.synthetic)), known)
    show(study_table(board, scope.context), _caption(scope, board))
    offer(board_frame(board), "leaderboard")
    _show_forest(board)


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
            "Colour is the backbone, shape the loss; filled is tuned, hollow is frozen; faint and "
            "slanted is not ranked. The vertical bar is the same run on its source’s own test "
            "split, where it covers the same findings; the dotted line is chance."
        )
    )


def _caption(scope: Scope, board: Leaderboard) -> Markup:
    rows = [*board.ranked, *(each.row for each in board.apart)]
    cells = [row.cell for row in rows if row.cell]
    sources = sorted({row.run.record.spec.source for row in rows})
    said = [
        f"Per cent. {wording.data(scope.record(), scope.where)}",
        f"F1: {wording.thresholds(scope.where.policy, sources)}.",
        wording.intervals(cells[0].n_resamples if cells else None),
        "Bold: the highest observed AUROC and all runs not significantly below it.",
        "Gap: target minus source test, over the findings scored on both, in percentage points.",
    ]
    return caption(sentences(said))
