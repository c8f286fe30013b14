"""The study's table: one row a run, ranked runs first, the others below with the reason."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from core.records import RunRecord
from core.report.published import PublishedRow
from dashboard.components.frame import scrolling
from dashboard.components.markup import EMPTY, Markup, element, joined, link, plain, styled
from dashboard.components.numbers import Notes, number, span
from dashboard.components.run_name import run_name
from dashboard.context import Context
from dashboard.queries.cells import HEADLINE, STUDY_COLUMNS, Cell, Column
from dashboard.queries.leaderboard import Leaderboard
from dashboard.queries.map_columns import AGREED, ENERGY, HIT_RATE, MapCells
from dashboard.queries.reading import Broken
from dashboard.queries.study_row import Row
from dashboard.typography import NOTHING, count, percent, points

_WEIGHTS: Mapping[str, str] = {
    "imagenet": "ImageNet",
    "offline": "ImageNet (packaged)",
    "random": "random weights",
    "file": "weights from a file",
}
_FEWER = (
    "Source test and gap cover the {} findings that are scored on both, so the gap is not the "
    "difference of the two columns."
)
LEADS_TO: Mapping[str, str] = {"F1 macro": "F1", "AUROC macro": "AUROC", "mAP": "Average precision"}
"""Which metric of the findings page explains a column."""


@dataclass(frozen=True)
class Beside:
    """What stands around the runs of a board.

    Args:
        references: Rows that look at no image.
        published: Rows of studies.
        attention: How well the runs' maps find the boxes, and how far they agree.
        mapped: Runs with maps of this data set, which a link leads to.
    """

    references: Sequence[Row] = ()
    published: Sequence[PublishedRow] = ()
    attention: MapCells = field(default_factory=dict[str, Mapping[str, Cell]])
    mapped: Container[str] = ()


@dataclass(frozen=True)
class _Table:
    board: Leaderboard
    context: Context
    beside: Beside
    notes: Notes
    tied: frozenset[str]


def _study(column: Column) -> Callable[[Row, _Table], Markup]:
    def cell(row: Row, table: _Table) -> Markup:
        metric = LEADS_TO.get(column.label)
        address = table.context.link("findings", {"metric": metric}) if metric else ""
        is_strong = column == HEADLINE and row.run.run_id in table.tied
        return number(row.cells.get(column.label), table.notes, address, strong=is_strong)

    return cell


def _against(row: Row, table: _Table) -> Markup:
    if row.run.run_id == table.context.baseline:
        return styled("td", "num", styled("span", "ci", "baseline"))
    return span(row.against, is_difference=True)


def _at_home(row: Row, table: _Table) -> Markup:
    return span(row.transfer.at_home if row.transfer else None, _fewer(row, table))


def _gap(row: Row, table: _Table) -> Markup:
    moved = row.transfer
    return span(moved.gap if moved else None, _fewer(row, table), is_difference=True)


def _fewer(row: Row, table: _Table) -> Markup:
    if row.transfer is None or row.is_like_for_like:
        return EMPTY
    return table.notes.mark([_FEWER.format(len(row.transfer.findings))])


def _spread(row: Row, table: _Table) -> Markup:
    found = table.board.spreads.get(row.run.run_id)
    if found is None or found.sd is None:
        return styled("td", "num", styled("span", "ci", "one training"))
    about = styled("span", "ci", f"{found.num_trainings} {found.over}")
    return styled("td", "num", styled("span", "value", points(found.sd)), " ", about)


def _attention(label: str) -> Callable[[Row, _Table], Markup]:
    def cell(row: Row, table: _Table) -> Markup:
        address = table.context.link("localisation")
        return number(
            table.beside.attention.get(row.run.run_id, {}).get(label), table.notes, address
        )

    return cell


def _sizes(row: Row, table: _Table) -> Markup:
    del table
    cell = row.cell
    if cell is None:
        return styled("td", "num", NOTHING)
    images = styled("span", "ci", f"{count(cell.n)} ·")
    others = styled("span", "ci", f"{count(cell.n_patients)} · {count(cell.n_labels)}")
    return styled("td", "num", images, " ", others)


AGAINST = "Difference to baseline, points"
SPREAD = "Spread over trainings, points"
COLUMNS: Mapping[str, Callable[[Row, _Table], Markup]] = {
    **{f"{column.label}, %": _study(column) for column in STUDY_COLUMNS},
    AGAINST: _against,
    "Source test AUROC, %": _at_home,
    "Gap, points": _gap,
    SPREAD: _spread,
    **{label: _attention(label) for label in (HIT_RATE, ENERGY, AGREED)},
    "Images · patients · labels": _sizes,
}
"""Head → its cells, in the order of the table."""


def usual_columns(context: Context, beside: Beside) -> tuple[str, ...]:
    """What is shown unless the reader asks for other columns."""
    has = {head for cells in beside.attention.values() for head in cells}
    hidden = {SPREAD, ENERGY} | ({HIT_RATE, AGREED} - has)
    if not context.baseline:
        hidden.add(AGAINST)
    return tuple(head for head in COLUMNS if head not in hidden)


def study_table(
    board: Leaderboard,
    context: Context,
    beside: Beside = Beside(),
    columns: Sequence[str] = (),
) -> Markup:
    """The table with its footnotes.

    Args:
        board: The runs.
        context: Carried by the links.
        beside: References, published rows and attention.
        columns: Heads of `COLUMNS`; none for the usual ones.
    """
    wanted = columns or usual_columns(context, beside)
    heads = [head for head in COLUMNS if head in wanted]
    tied = frozenset(board.tie.run_ids or () if board.tie else ())
    table = _Table(board, context, beside, Notes(), tied)
    body = (
        *(_row(row, heads, table) for row in board.ranked),
        *_apart(heads, table),
        *_references(heads, table),
        *_published(heads, table),
        *_without(board, len(heads)),
    )
    cells = (element("th", {"class": "num", "scope": "col"}, head) for head in heads)
    head = plain("thead", plain("tr", element("th", {"scope": "col"}, "Run"), *cells))
    shown = plain("table", head, plain("tbody", *body))
    return joined((scrolling("Runs and their numbers", shown), table.notes.block()))


def _row(row: Row, heads: Sequence[str], table: _Table, is_reference: bool = False) -> Markup:
    run_id, record = row.run.run_id, row.run.record
    if isinstance(record, RunRecord):
        weights = _WEIGHTS[record.weights.kind] if record.weights else "weights unknown"
        badge = "contaminated" if table.board.where.dataset in record.contaminated else weights
        choice = {"layout": "One model", "seen_by": run_id}
        is_mapped = run_id in table.beside.mapped
        maps = (link(table.context.link("attention", choice), "maps"),) if is_mapped else ()
    else:
        badge = f"from {record.source}" if record.source else "source not said"
        maps = ()
    address = "" if is_reference else table.context.run(run_id)
    name_cell = run_name(row.look, address, "" if is_reference else badge, *maps)
    return plain("tr", name_cell, *(COLUMNS[head](row, table) for head in heads))


def _apart(heads: Sequence[str], table: _Table) -> Iterator[Markup]:
    said: set[str] = set()
    for each in sorted(table.board.apart, key=lambda each: each.reason):
        if each.reason not in said:
            yield _group(f"Not ranked. {each.reason}", len(heads))
            said.add(each.reason)
        yield _row(each.row, heads, table)


def _references(heads: Sequence[str], table: _Table) -> Iterator[Markup]:
    if table.beside.references:
        yield _group("For reference, never ranked: these look at no image", len(heads))
    for row in table.beside.references:
        yield _row(row, heads, table, is_reference=True)


def _published(heads: Sequence[str], table: _Table) -> Iterator[Markup]:
    known = {f"{column.label}, %": (column.finding, column.metric) for column in STUDY_COLUMNS}
    said: set[str] = set()
    for row in table.beside.published:
        if row.study not in said:
            yield _group(f"Published by {row.study}; never ranked: {row.remark}", len(heads))
            said.add(row.study)
        values = (row.values.get(known[head]) if head in known else None for head in heads)
        title = element("th", {"class": "run", "scope": "row"}, row.title)
        yield plain("tr", title, *(styled("td", "num", percent(each)) for each in values))


def _without(board: Leaderboard, width: int) -> Iterator[Markup]:
    for title, lines in (("No numbers here yet", board.waiting), ("Cannot be read", board.broken)):
        if lines:
            yield _group(title, width)
            yield from (_line(each, width) for each in lines)


def _group(title: str, width: int) -> Markup:
    cell = element("th", {"colspan": str(width + 1), "scope": "colgroup"}, title)
    return styled("tr", "group", cell)


def _line(of: Broken, width: int) -> Markup:
    reason = styled("span", "small muted", of.reason)
    title = element("th", {"class": "run small", "scope": "row"}, of.run_id)
    return plain("tr", title, element("td", {"colspan": str(width)}, reason))
