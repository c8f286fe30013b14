"""The lines that benchmarks print, as figures of one table."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

LIMITS = ("wanted", "bare", "one bare", "forward alone", "forward + backward", "empty page")
"""How a line names what bounds us, instead of what one would use in our place."""

_LINE = re.compile(
    r"^(?P<name>.+?): (?P<ours>.+?), (?P<peer>.+), ratio (?P<ratio>[^\s;,]+)(?P<rest>.*)$"
)
_COLUMNS = re.compile(r" {2,}")
HEADS = ("figure", "ours", "peer", "limit", "ratio", "how")


@dataclass(frozen=True)
class Figure:
    """One measured ratio.

    Args:
        figure: What was measured.
        ours: Our value, with its unit.
        peer: That of what one would use instead; empty where there is none.
        limit: That of what bounds us; empty where there is none.
        ratio: As the script defines it.
        how: Script, and what it says besides.
    """

    figure: str
    ours: str
    peer: str
    limit: str
    ratio: str
    how: str

    @property
    def script(self) -> str:
        """The benchmark that measured it."""
        return self.how.partition(";")[0]


def parsed(line: str, script: str) -> Figure | None:
    """The figure of a line; None where it holds no ratio.

    Lines read "name: ours …, peer …, ratio …", or have their columns two spaces apart.

    Args:
        line: What a script printed.
        script: Its name.
    """
    if found := _LINE.match(line.strip()):
        rest = (found["rest"] or "").strip(" ;,")
        return _figure(found["name"], found["ours"], found["peer"], found["ratio"], script, rest)
    parts = _COLUMNS.split(line.strip())
    if len(parts) == 4 and parts[3].endswith("×"):
        name, ours, other, ratio = parts
        return _figure(name, ours, other, ratio, script, "")
    return None


def _figure(name: str, ours: str, other: str, ratio: str, script: str, rest: str) -> Figure:
    is_limit = other.startswith(LIMITS)
    how = f"{script}; {rest}" if rest else script
    peer, limit = ("", other) if is_limit else (other, "")
    return Figure(name, ours.removeprefix("ours "), peer.removeprefix("peer "), limit, ratio, how)


def as_markdown(figures: Sequence[Figure]) -> str:
    """The table, for people."""
    rows = [HEADS, ("---",) * len(HEADS), *(tuple(asdict(each).values()) for each in figures)]
    told = (" | ".join(cell.replace("|", r"\|") for cell in row) for row in rows)
    return "".join(f"| {row} |\n" for row in told)


def merged(before: Sequence[Figure], now: Sequence[Figure], scripts: Sequence[str]) -> list[Figure]:
    """Figures of now, and those that scripts which have not run now gave before, in their order."""
    fresh = {each.script for each in now}
    kept = [each for each in before if each.script not in fresh and each.script in scripts]
    return sorted([*now, *kept], key=lambda each: scripts.index(each.script))


def read(path: Path) -> list[Figure]:
    """The figures of a table for programs; none where there is none."""
    return [Figure(**each) for each in json.loads(path.read_text("utf-8"))] if path.exists() else []


def as_json(figures: Sequence[Figure]) -> str:
    """The table, for programs."""
    return json.dumps([asdict(each) for each in figures], indent=2, ensure_ascii=False) + "\n"
