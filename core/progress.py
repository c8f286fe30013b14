"""How long work tells that it goes on."""

from typing import Protocol


class Progress(Protocol):
    """Called now and then while a stage works."""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """`done` of `total` units of `stage` are finished."""
        ...


def silent(stage: str, done: int, total: int) -> None:
    """Tells nobody."""
