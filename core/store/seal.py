"""A hash inside a file over all its other bytes, so that it says itself whether it is whole.

Hash and content are one file: no kill, copy or move can part them. The 64 hex digits stand where
the format keeps words of its own: in the footer of parquet, the header of safetensors, or JSON.
They count as zeros in the hash.
"""

import hashlib
import mmap
import re
from pathlib import Path

KEY = "seal"
BLANK = "0" * 64
"""What a writer puts under `KEY`, for `seal` to fill in."""

_DIGITS = re.compile(rb'"seal": ?"(.{64})', re.DOTALL)
_LINE = re.compile(rb',\s*"seal": "([0-9a-f]{64})"(?=\s*}\s*$)')
_PARQUET = b"PAR1"


def seal(path: Path) -> None:
    """Fill in the hash of a file that was written with `BLANK`."""
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as content:
        place = _place(content)
        assert place is not None, path
        content[place : place + len(BLANK)] = _digest(content, place)
        content.flush()


def is_whole(path: Path) -> bool | None:
    """Whether a file is what was written; None where it carries no hash.

    Raises:
        OSError: If there is no such file, or it cannot be read.
    """
    if not path.stat().st_size:
        return False
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        if _is_cut(content):
            return False
        place = _place(content)
        if place is None:
            return None
        return content[place : place + len(BLANK)] == _digest(content, place)


def with_seal(text: str) -> str:
    """A JSON object that holds its own hash under `KEY`."""
    blank = f'{text.rstrip().removesuffix("}").rstrip()},\n  "{KEY}": "{BLANK}"\n}}\n'
    digest = hashlib.sha256(blank.encode()).hexdigest()
    return blank.removesuffix(f'{BLANK}"\n}}\n') + f'{digest}"\n}}\n'


def unsealed(content: bytes) -> bytes:
    """A JSON object as it was before `with_seal`; as it is where it holds no hash.

    Raises:
        ValueError: If it is not what was written.
    """
    line = _LINE.search(content)
    if line is None:
        return content
    start, end = line.span(1)
    blank = content[:start] + BLANK.encode() + content[end:]
    if hashlib.sha256(blank).hexdigest().encode() != content[start:end]:
        raise ValueError("it is not what was written")
    return content[: line.start()] + content[line.end() :]


def _region(content: mmap.mmap) -> tuple[int, int]:
    """First byte and end of the format's own words."""
    size = len(content)
    if content[:4] == _PARQUET:
        return size - 8 - int.from_bytes(content[size - 8 : size - 4], "little"), size - 8
    if content[:1] == b"{":
        return 0, size
    return 8, 8 + int.from_bytes(content[:8], "little")


def _is_cut(content: mmap.mmap) -> bool:
    """Whether the words' own length leads out of the file."""
    start, end = _region(content)
    lost_mark = content[:4] == _PARQUET and content[-4:] != _PARQUET
    return lost_mark or not 0 <= start <= end <= len(content)


def _place(content: mmap.mmap) -> int | None:
    """Where the hash stands."""
    start, end = _region(content)
    found = list(_DIGITS.finditer(content[start:end]))
    return start + found[-1].start(1) if found else None


def _digest(content: mmap.mmap, place: int) -> bytes:
    digest = hashlib.sha256()
    with memoryview(content) as view:
        digest.update(view[:place])
        digest.update(BLANK.encode())
        digest.update(view[place + len(BLANK) :])
    return digest.hexdigest().encode()
