"""The exceptions that a user may see.

CxrError              exit 1: something went wrong, and one sentence says what
├── BusyError         exit 1: another process is at work on it
├── GridError         exit 4: part of a grid failed
├── ConfigError       exit 3: a specification, an option or a name is wrong
│   └── WeightsError  exit 3: pretrained weights cannot be had
├── DataError         exit 3: files or tables break their format
├── ProtocolError     exit 3: the request would break the evaluation protocol
└── Interrupted       exit 130: stopped on request, after a checkpoint
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

MAX_SHOWN = 20


class CxrError(Exception):
    """Base of all errors that are reported as one sentence, without a traceback."""

    exit_code = 1


class BusyError(CxrError):
    """Another process is at work on it."""


class GridError(CxrError):
    """Part of a grid failed; the rest is done."""

    exit_code = 4


class ConfigError(CxrError):
    """A specification, an option or a name is wrong."""

    exit_code = 3


class WeightsError(ConfigError):
    """Pretrained weights cannot be had."""


class ProtocolError(CxrError):
    """The request would break the evaluation protocol."""

    exit_code = 3


class Interrupted(CxrError):
    """Stopped on request; the same command goes on from where it stood."""

    exit_code = 130


class DataError(CxrError):
    """Files or tables break their format; holds every problem that was found.

    Args:
        problems: One sentence each: what is wrong, where, what to do.
        summary: What stands above them; unless given, that nothing was written where there are
            several.
    """

    exit_code = 3

    def __init__(self, problems: str | Sequence[str], summary: str = "") -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        self.summary = summary
        super().__init__("\n".join(self._lines()))

    def _lines(self) -> Iterator[str]:
        if self.summary:
            yield self.summary
        elif len(self.problems) > 1:
            yield f"{len(self.problems)} problems were found; nothing was written."
        yield from self.problems[:MAX_SHOWN]
        if len(self.problems) > MAX_SHOWN:
            yield f"… and {len(self.problems) - MAX_SHOWN} more."


@dataclass
class Problems:
    """Collects what is wrong with an input, so that all of it is reported at once."""

    found: list[str] = field(default_factory=list[str])

    def add(self, where: object, what: str) -> None:
        """Note one problem: `where` is a file, with row and column where they apply."""
        self.found.append(f"{where}: {what}")

    def raise_if_any(self) -> None:
        """Report all problems.

        Raises:
            DataError: If any problem was added.
        """
        if self.found:
            raise DataError(self.found)
