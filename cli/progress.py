"""Progress on stderr: a bar on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.progress import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

_LINE_EVERY_SECONDS = 10.0
_WORTH_A_LINE_SECONDS = 2.0


@contextmanager
def shown() -> Generator[Progress, None, None]:
    """A progress that the user sees, for as long as the block runs."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with RichProgress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield _Bars(bars)


class _Bars:
    def __init__(self, bars: "RichProgress") -> None:
        self.bars = bars
        self.tasks: dict[str, tuple[TaskID, float]] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage not in self.tasks:
            task = self.bars.add_task(stage, total=total, rate="")
            self.tasks[stage] = (task, time.monotonic())
        task, started = self.tasks[stage]
        self.bars.update(task, completed=done, total=total, rate=_rate(done, started))
        if done >= total:
            self.bars.remove_task(self.tasks.pop(stage)[0])


class _Lines:
    def __init__(self) -> None:
        self.started: dict[str, float] = {}
        self.told = time.monotonic()

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        started = self.started.setdefault(stage, now)
        finished = done >= total
        if finished:
            del self.started[stage]
        due = finished or now - self.told >= _LINE_EVERY_SECONDS
        if due and now - started >= _WORTH_A_LINE_SECONDS:
            self.told = now
            print(f"{stage}: {done} of {total} {_rate(done, started)}".rstrip(), file=sys.stderr)


def _rate(done: int, started: float) -> str:
    seconds = time.monotonic() - started
    return f"({done / seconds:.0f}/s)" if seconds > 1 else ""
