"""Files that are written whole or not at all."""

import os
import re
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

_SYSTEM_ERROR = re.compile(r"\(os error (\d+)\)")
"""How libraries written in Rust tell what the operating system said."""


@contextmanager
def replacing(path: Path) -> Generator[Path, None, None]:
    """A temporary path beside `path`, which takes its place when the block ends well.

    The file and its folder are synced first, so that a reader meets the old file or the new
    one, and a power cut leaves one of them. When the block raises, nothing has changed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        _sync(temporary)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
        _sync(path.parent)
    except Exception as error:
        # Polars and safetensors have errors of their own for a disk that is full or read-only.
        if number := _SYSTEM_ERROR.search(str(error)):
            code = int(number[1])
            raise OSError(code, os.strerror(code), str(path)) from error
        if not isinstance(error, OSError) or error.errno is None:
            _write_on(temporary, path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def _write_on(temporary: Path, path: Path) -> None:
    """Write where a library could not: the system then says what some libraries leave out.

    Raises:
        OSError: If nothing can be written there, as on a full disk.
    """
    try:
        with temporary.open("ab") as file:
            file.write(bytes(1 << 20))
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def write_text(path: Path, text: str) -> None:
    """Write a small text file atomically."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
