"""A run as the head of a row: its mark, backbone, loss and what else must be known of it."""

from dashboard.components.markup import Markup, element, joined, link, styled
from dashboard.tokens import RunToken


def run_name(look: RunToken, address: str = "", badge: str = "", *more: Markup) -> Markup:
    """A run's mark, backbone, loss and tuning, as the head of its row.

    Args:
        look: Of the run.
        address: Where the name leads, "" for nowhere.
        badge: What stands in a frame behind it.
        more: What else follows.
    """
    glyph = element(
        "span",
        {"class": "glyph", "style": f"color:{look.colour}", "aria-hidden": "true"},
        look.glyph,
    )
    backbone = link(address, look.backbone) if address else look.backbone
    framed = [styled("span", "badge", badge)] if badge else []
    marks = joined((*framed, *more), " ")
    behind = [" ", styled("span", "marks", marks) if more else marks] if marks else []
    content = joined((glyph, backbone, styled("span", "head", look.head, *behind)))
    return element("th", {"class": "run", "scope": "row"}, content)
