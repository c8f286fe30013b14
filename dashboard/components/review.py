"""One map to judge, and what reviewers have said."""

from collections import Counter
from collections.abc import Mapping, Sequence

from core.store.notes import Verdict
from dashboard.components.frame import scrolling
from dashboard.components.localisation import run_head
from dashboard.components.markup import EMPTY, Markup, element, plain, styled
from dashboard.context import Context
from dashboard.queries.attention import ImageRow, Tile
from dashboard.queries.fleiss import AllAgree
from dashboard.queries.reading import Run
from dashboard.queries.review import Agreement
from dashboard.queries.selection import OUTCOMES
from dashboard.typography import count, decimal, decimal_interval, name, percent


def judged(row: ImageRow, tile: Tile, is_blinded: bool) -> Markup:
    """A radiograph, and beside it the same with the map over it.

    Args:
        row: The image.
        tile: The map.
        is_blinded: Whether model, probability and outcome stay hidden.
    """
    about = f"{name(tile.column.finding)}" if is_blinded else _about(tile)
    ground = _picture(row, "Radiograph")
    over = _picture(row, "Radiograph under the map")
    return plain(
        "div",
        plain("h2", about),
        styled(
            "div",
            "judged",
            plain("figure", styled("span", "layers", ground), plain("figcaption", "Radiograph")),
            plain(
                "figure",
                styled("span", "layers", over, _map(tile)),
                plain("figcaption", "With the attention map"),
            ),
        ),
    )


def _about(tile: Tile) -> str:
    outcome = OUTCOMES[tile.outcome] if tile.outcome else "no outcome here"
    look = tile.column.look.title
    return f"{name(tile.column.finding)} · {look} · {percent(tile.probability)} % · {outcome}"


def _picture(row: ImageRow, alt: str) -> Markup:
    if row.address is None:
        return styled("span", "absent", "This image was not decoded here.")
    return element("img", {"src": row.address, "alt": alt})


def _map(tile: Tile) -> Markup:
    if tile.map is None:
        return EMPTY
    address = f"{tile.map.path}?colours=inferno&scale=map&v={tile.map.version}"
    return element("img", {"src": address, "alt": "Attention map", "class": "over"})


def agreement_table(found: Sequence[Agreement], together: AllAgree | None = None) -> Markup:
    """Cohen's kappa of each pair of reviewers and of each against themselves; Fleiss' of all."""
    head = _heads(("Reviewers",), ("Maps", "κ"))
    body = [_agreed(_readers(each), each) for each in found]
    if together:
        body.insert(0, _agreed(f"all {len(together.reviewers)} reviewers (Fleiss)", together))
    table = styled("table", "compact", head, plain("tbody", *body))
    return scrolling("Agreement of reviewers", table)


def _agreed(title: str, found: Agreement | AllAgree) -> Markup:
    interval = decimal_interval(found.low, found.high)
    return plain(
        "tr",
        element("th", {"scope": "row"}, title),
        styled("td", "num", count(found.num_maps)),
        styled("td", "num", decimal(found.kappa), " ", styled("span", "ci", interval)),
    )


def _readers(found: Agreement) -> str:
    first, second = found.readers
    return f"{first}, seen again" if first == second else f"{first} and {second}"


def verdict_table(
    counts: Mapping[tuple[str, str], Counter[Verdict]], runs: Mapping[str, Run], context: Context
) -> Markup:
    """How often each model's maps of a finding were found sensible, doubtful or wrong."""
    head = _heads(("Model", "Finding"), [str(verdict).capitalize() for verdict in Verdict])
    body = (
        plain(
            "tr",
            run_head(runs[run_id], context) if run_id in runs else _unknown(run_id),
            plain("td", name(finding)),
            *(styled("td", "num", count(of[verdict])) for verdict in Verdict),
        )
        for (run_id, finding), of in sorted(counts.items())
    )
    table = styled("table", "compact", head, plain("tbody", *body))
    return scrolling("Verdicts by model and finding", table)


def _unknown(run_id: str) -> Markup:
    return element("th", {"scope": "row"}, run_id)


def _heads(names: Sequence[str], numbers: Sequence[str]) -> Markup:
    cells = (
        *(element("th", {"scope": "col"}, each) for each in names),
        *(element("th", {"scope": "col", "class": "num"}, each) for each in numbers),
    )
    return plain("thead", plain("tr", *cells))
