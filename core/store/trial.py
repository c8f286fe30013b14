"""Whether a store can be written as it must be, and who holds what of it."""

import mmap
import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from core.errors import BusyError
from core.store.atomic import write_text
from core.store.locks import LOCK_FILE, locked, owner


@dataclass(frozen=True)
class Lock:
    """A folder that somebody holds, or held.

    Args:
        folder: What is held.
        owner: "process 12 on host since …".
        is_held: Whether a living process holds it; what a killed one left is taken over.
    """

    folder: Path
    owner: str
    is_held: bool


def write_fault(root: Path) -> str | None:
    """Why a store under `root` cannot be used; None where it can.

    Writes, syncs, renames, locks and maps a file in a folder of its own, and removes it.
    """
    existing = next(path for path in (root, *root.absolute().parents) if path.exists())
    if not existing.is_dir():
        return f"{existing}: is a file, not a folder; move it, or name another store."
    try:
        with TemporaryDirectory(dir=existing, prefix=".cxr-doctor-") as folder:
            _try(Path(folder))
    except BusyError:
        return f"{existing}: locks do not work here; use another file system, or one process."
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return f"{existing}: cannot be written ({reason}); mend that, or name another store."
    return None


def _try(folder: Path) -> None:
    path = folder / "file"
    write_text(path, "whole")
    write_text(path, "anew")
    with locked(folder):
        pass
    with path.open("r+b") as file:
        os.posix_fallocate(file.fileno(), 0, mmap.PAGESIZE)
        with mmap.mmap(file.fileno(), mmap.PAGESIZE) as mapped:
            mapped[:5] = b"whole"
            mapped.flush()


def locks(root: Path) -> tuple[Lock, ...]:
    """The folders of a store that are held, or were when their process was killed."""
    found: list[Lock] = []
    for path in sorted(root.rglob(LOCK_FILE)):
        holder = owner(path.parent)
        if told := holder or path.read_text(errors="replace"):
            found.append(Lock(path.parent, told, is_held=holder is not None))
    return tuple(found)
