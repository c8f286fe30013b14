"""What a check saw: one sentence each, with what it means for the protocol."""

from dataclasses import dataclass
from enum import StrEnum

MAX_LISTED = 5


class Severity(StrEnum):
    """What an observation means."""

    BREACH = "breach"
    """Breaks the protocol: numbers on this data are not to be trusted."""
    WARNING = "warning"
    """Worth knowing before a number is believed."""
    NOTE = "note"
    """As it should be, or merely counted."""


@dataclass(frozen=True)
class Observation:
    """One thing that a check saw.

    Args:
        check: Which check: `counts`, `patients`, `identical`, `near-identical`, `files`, ….
        severity: What it means.
        sentence: What is so, where, and what to do.
        num_images: Images that it is about.
        images: Some of them or all, as `data set/image_id`.
    """

    check: str
    severity: Severity
    sentence: str
    num_images: int = 0
    images: tuple[str, ...] = ()


def listed(items: list[str]) -> str:
    """The first few items, and how many more there are."""
    more = len(items) - MAX_LISTED
    return ", ".join(items[:MAX_LISTED]) + (f" and {more} more" if more > 0 else "")
