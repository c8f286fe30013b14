"""Looking a name up in one of the literal tables (backbones, losses, metrics, …)."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TypeVar

from core.errors import ConfigError

Row = TypeVar("Row")


def lookup(table: Mapping[str, Row], name: str, kind: str) -> Row:
    """The row of `table` called `name`.

    Args:
        table: The literal table.
        name: What the user asked for.
        kind: What the rows are, in the singular ("loss").

    Raises:
        ConfigError: If there is no such row; the message names the rows there are.
    """
    if name not in table:
        raise ConfigError(unknown(name, table, kind))
    return table[name]


def unknown(name: str, known: Iterable[str], kind: str) -> str:
    """The sentence for a name that is not among the known ones."""
    names = sorted(str(each) for each in known)
    near = nearest(name, names)
    hint = f" Did you mean {near!r}?" if near else ""
    choices = ", ".join(names) or "none yet"
    return f"Unknown {kind} {name!r}. Known {_plural(kind)}: {choices}.{hint}"


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known name that is most like `name`; None where none is as like it as `cutoff` (0–1)."""
    near = get_close_matches(name, list(known), n=1, cutoff=cutoff)
    return near[0] if near else None


def _plural(kind: str) -> str:
    if kind.endswith("y") and kind[-2:-1] not in "aeiou":
        return f"{kind[:-1]}ies"
    return f"{kind}es" if kind.endswith("s") else f"{kind}s"
