"""Locks between processes: a folder is held by one of them, and goes free with it."""

import fcntl
import os
import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from core.errors import BusyError
from core.store.provenance import now

LOCK_FILE = ".lock"
_GLANCES = 5
_GLANCE_SECONDS = 0.02


class _Held(threading.local):
    """The folders that this thread holds: it may enter them again."""

    def __init__(self) -> None:
        self.folders: set[Path] = set()


_held = _Held()


@contextmanager
def locked(folder: Path) -> Generator[None, None, None]:
    """Hold `folder` for one process; the lock goes with the process, however it ends.

    Whoever holds it may enter again: a grid holds a run while its stages hold it in turn.

    Raises:
        BusyError: If another process holds it; names that process and its host.
    """
    folder = folder.absolute()
    if folder in _held.folders:
        yield
        return
    with _acquired(folder) as lock:
        lock.write(f"process {os.getpid()} on {socket.gethostname()} since {now()}")
        lock.flush()
        _held.folders.add(folder)
        try:
            yield
        finally:
            _held.folders.discard(folder)
            lock.truncate(0)


def owner(folder: Path) -> str | None:
    """Who holds `folder` ("process 12 on host since …"); None where nobody alive does.

    What a process that was killed left in the lock file counts for nothing: the kernel dropped
    its lock.
    """
    path = folder / LOCK_FILE
    if folder.absolute() in _held.folders:
        return path.read_text()
    try:
        with path.open() as lock:
            return None if _taken(lock, fcntl.LOCK_SH) else lock.read() or "another process"
    except FileNotFoundError:
        return None


@contextmanager
def _acquired(folder: Path) -> Generator[IO[str], None, None]:
    for _ in range(_GLANCES):
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / LOCK_FILE).open("a+") as lock:
            if _taken(lock) and _is_current(lock, folder):
                lock.truncate(0)
                yield lock
                return
        # `owner` takes the lock for an instant, and `runs remove` deletes it with its folder.
        time.sleep(_GLANCE_SECONDS)
    who = owner(folder)
    raise BusyError(
        f"{folder} is in use by another cxr process{f' ({who})' if who else ''}; "
        "wait for it to finish, then run the same command again."
    )


def _taken(lock: IO[str], kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_current(lock: IO[str], folder: Path) -> bool:
    """Whether the locked file still lies in the folder."""
    try:
        return os.fstat(lock.fileno()).st_ino == (folder / LOCK_FILE).stat().st_ino
    except FileNotFoundError:
        return False
