"""HTML that is safe by construction: text is escaped unless it is markup already."""

from collections.abc import Iterable, Mapping
from html import escape


class Markup(str):
    """A piece of HTML made here; any other string is text, and is escaped."""

    __slots__ = ()


EMPTY = Markup("")
_VOID = frozenset({"br", "img"})


def element(name: str, attributes: Mapping[str, str], *children: str) -> Markup:
    """One element.

    Args:
        name: Its tag, a literal.
        attributes: Names, literals, to values, which are escaped.
        children: Markup, or text, which is escaped.
    """
    given = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    if name in _VOID:
        return Markup(f"<{name}{given}>")
    return Markup(f"<{name}{given}>{joined(children)}</{name}>")


def styled(name: str, class_name: str, *children: str) -> Markup:
    """One element with a class and nothing else."""
    return element(name, {"class": class_name}, *children)


def plain(name: str, *children: str) -> Markup:
    """One element without attributes."""
    return element(name, {}, *children)


def link(address: str, *children: str) -> Markup:
    """A link that opens in the same tab."""
    return element("a", {"href": address, "target": "_self"}, *children)


def joined(children: Iterable[str], between: str = "") -> Markup:
    """Several pieces in a row, with text between them."""
    pieces = (child if isinstance(child, Markup) else escape(child) for child in children)
    return Markup(escape(between).join(pieces))
