"""The bytes of an image file, whatever lies at its path."""

import errno
import hashlib
import io
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from core.errors import DataError

MAX_BYTES = 1 << 30
"""Largest file that is read; an uncompressed radiograph of 100 million pixels has 200 MB."""

HEAD_BYTES = 132
"""As many first bytes tell the format."""

PNG_MARK, JPEG_MARK = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_DICOM, _DICOM_OFFSET = b"DICM", 128
_ENDINGS: Mapping[bytes, bytes] = {PNG_MARK: b"IEND\xaeB`\x82", JPEG_MARK: b"\xff\xd9"}
"""First bytes of a format and the last ones that a whole file of it has."""

_TAIL_BYTES = 64
"""Where the end mark is looked for: some writers pad their files."""

_GONE = "there is no such image file"
_FOREIGN = "is neither a PNG nor a JPEG nor a DICOM file, whatever its name says; convert it to one"


def is_png(head: bytes) -> bool:
    """Whether a file that begins so is a PNG."""
    return head.startswith(PNG_MARK)


def is_jpeg(head: bytes) -> bool:
    """Whether a file that begins so is a JPEG."""
    return head.startswith(JPEG_MARK)


def is_dicom(head: bytes) -> bool:
    """Whether a file that begins so (`HEAD_BYTES`) is DICOM."""
    return head[_DICOM_OFFSET : _DICOM_OFFSET + len(_DICOM)] == _DICOM


def located(root: Path, relative: str) -> Path:
    """A file by its path in a data set; links are followed, but not out of the data set.

    Args:
        root: The data set's folder, resolved.
        relative: As the manifest has it.

    Raises:
        DataError: If the path leads out of the root.
    """
    path = root / relative
    if "\0" in relative or not Path(os.path.realpath(path)).is_relative_to(root):
        raise DataError(f"{path}: lies outside {root}; move it there, or index the folder above.")
    return path


def read(path: Path) -> bytes:
    """All bytes of a PNG, JPEG or DICOM file.

    Raises:
        DataError: If there is no such file, it is none of these, or it cannot be read.
    """
    try:
        with _opened(path) as file:
            head = os.pread(file.fileno(), HEAD_BYTES, 0)
            _check_kind(path, head, os.fstat(file.fileno()).st_size)
            return file.readall()
    except OSError as error:
        raise DataError(f"{path}: {_reason(error)}.") from error


def fault(path: Path) -> str | None:
    """Why a file cannot be a whole image, from its first and last bytes; None if it can."""
    try:
        with _opened(path) as file:
            head = file.read(HEAD_BYTES)
            size = file.seek(0, io.SEEK_END)
            file.seek(max(0, size - _TAIL_BYTES))
            tail = file.read()
            _check_kind(path, head, size)
    except OSError as error:
        return _reason(error)
    except DataError as error:
        return str(error).removeprefix(f"{path}: ").removesuffix(".")
    endings = [end for start, end in _ENDINGS.items() if head.startswith(start)]
    if endings and endings[0] not in tail:
        return "is truncated: the end of the image is missing"
    return None


def file_sha256(path: Path) -> str | None:
    """The hash of a file's bytes, 64 hex digits; None if it cannot be read."""
    try:
        with _opened(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, DataError):
        return None


def _opened(path: Path) -> io.FileIO:
    """The file, which must be a regular one: a pipe would block whoever reads it."""
    kind = path.stat().st_mode
    if stat.S_ISDIR(kind):
        raise DataError(f"{path}: is a folder, not an image file.")
    if not stat.S_ISREG(kind):
        raise DataError(f"{path}: is no regular file.")
    return path.open("rb", buffering=0)


def _check_kind(path: Path, head: bytes, size: int) -> None:
    if not size:
        raise DataError(f"{path}: is empty; get it anew.")
    if not (is_png(head) or is_jpeg(head) or is_dicom(head)):
        raise DataError(f"{path}: {_FOREIGN}.")
    if size > MAX_BYTES:
        raise DataError(f"{path}: has {size:,} bytes, more than the {MAX_BYTES:,} that are read.")


def _reason(error: OSError) -> str:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return _GONE
    return f"cannot be read ({error.strerror})"
