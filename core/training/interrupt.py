"""Ctrl-C and SIGTERM as a wish that is granted between two steps, after a checkpoint."""

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass
class Stop:
    """Whether someone asked to stop."""

    requested: bool = False


@contextmanager
def stoppable() -> Generator[Stop, None, None]:
    """Note the first signal; a second one acts as it would without this.

    Outside the main thread, where Python forbids it, signals stay as they are.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in signals}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def note(number: int, frame: FrameType | None) -> None:
        stop.requested = True
        restore()

    for number in signals:
        signal.signal(number, note)
    try:
        yield stop
    finally:
        restore()
