"""The study's table: one row a run, ranked runs first, the others below with the reason."""

from collections.abc import Iterator, Mapping

from dashboard.components.frame import scrolling
from dashboard.components.markup import Markup, element, joined, link, plain, styled
from dashboard.components.numbers import Notes, number, span
from dashboard.context import Context
from dashboard.queries.cells import HEADLINE, STUDY_COLUMNS
from dashboard.queries.leaderboard import Apart, Leaderboard, Row
from dashboard.queries.reading import Broken
from dashboard.tokens import RunToken
from dashboard.typography import NOTHING, count

_WEIGHTS: Mapping[str, str] = {
    "imagenet": "ImageNet",
    "offline": "ImageNet (packaged)",
    "random": "random weights",
    "file": "weights from a file",
}
_HEADS = (
    *(f"{column.label}, %" for column in STUDY_COLUMNS),
    "Source test AUROC, %",
    "Gap, points",
    "Images · patients · labels",
)
_FEWER = (
    "Source test and gap cover the {} findings that are scored on both, so the gap is not the "
    "difference of the two columns."
)
LEADS_TO: Mapping[str, str] = {"F1 macro": "F1", "AUROC macro": "AUROC", "mAP": "Average precision"}
"""Which metric of the findings page explains a column."""


def study_table(board: Leaderboard, context: Context) -> Markup:
    """The table with its footnotes.

    Args:
        board: The runs.
        context: Carried by the links.
    """
    notes = Notes()
    tied = board.tie.run_ids if board.tie and board.tie.run_ids else ()
    ranked = [_row(row, context, notes, row.run.run_id in tied) for row in board.ranked]
    body = (*ranked, *_apart(board.apart, context, notes), *_without(board))
    heads = (element("th", {"class": "num", "scope": "col"}, label) for label in _HEADS)
    head = plain("thead", plain("tr", element("th", {"scope": "col"}, "Run"), *heads))
    table = plain("table", head, plain("tbody", *body))
    return joined((scrolling("Runs and their numbers", table), notes.block()))


def run_name(look: RunToken, address: str = "", badge: str = "") -> Markup:
    """A run's mark, backbone, loss and tuning, as the head of its row."""
    glyph = element(
        "span",
        {"class": "glyph", "style": f"color:{look.colour}", "aria-hidden": "true"},
        look.glyph,
    )
    backbone = link(address, look.backbone) if address else look.backbone
    head = [look.head, " ", styled("span", "badge", badge)] if badge else [look.head]
    content = joined((glyph, backbone, styled("span", "head", *head)))
    return element("th", {"class": "run", "scope": "row"}, content)


def _row(row: Row, context: Context, notes: Notes, is_tied: bool) -> Markup:
    weights = row.run.record.weights
    badge = _WEIGHTS[weights.kind] if weights else "weights unknown"
    maps = context.link("attention", {"layout": "One model", "model": row.run.run_id})
    cells = (
        number(
            row.cells.get(column.label),
            notes,
            _address(column.label, context),
            strong=is_tied and column == HEADLINE,
        )
        for column in STUDY_COLUMNS
    )
    moved = row.transfer
    fewer = [_FEWER.format(len(moved.findings))] if moved and not row.is_like_for_like else []
    note = notes.mark(fewer)
    return plain(
        "tr",
        run_name(row.look, maps, badge),
        *cells,
        span(moved.at_home if moved else None, note),
        span(moved.gap if moved else None, note, is_difference=True),
        styled("td", "num", styled("span", "ci", _sizes(row))),
    )


def _address(label: str, context: Context) -> str:
    metric = LEADS_TO.get(label)
    return context.link("findings", {"metric": metric}) if metric else ""


def _sizes(row: Row) -> str:
    cell = row.cell
    if cell is None:
        return NOTHING
    return " · ".join(count(each) for each in (cell.n, cell.n_patients, cell.n_labels))


def _apart(apart: tuple[Apart, ...], context: Context, notes: Notes) -> Iterator[Markup]:
    said: set[str] = set()
    for each in sorted(apart, key=lambda each: each.reason):
        if each.reason not in said:
            yield _group(f"Not ranked. {each.reason}")
            said.add(each.reason)
        yield _row(each.row, context, notes, is_tied=False)


def _without(board: Leaderboard) -> Iterator[Markup]:
    if board.waiting:
        yield _group("No numbers here yet")
        yield from (_line(each) for each in board.waiting)
    if board.broken:
        yield _group("Cannot be read")
        yield from (_line(each) for each in board.broken)


def _group(title: str) -> Markup:
    width = str(len(_HEADS) + 1)
    return styled("tr", "group", element("th", {"colspan": width, "scope": "colgroup"}, title))


def _line(of: Broken) -> Markup:
    width = str(len(_HEADS))
    name = element("th", {"class": "run small", "scope": "row"}, of.run_id)
    return plain(
        "tr", name, element("td", {"colspan": width}, styled("span", "small muted", of.reason))
    )
