"""What reviewers noted of attention maps: one line a note, appended by many at once."""

import errno
import fcntl
import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import Field, ValidationError

from core.specs import Name, Spec

MAX_COMMENT_LENGTH = 2000


class Verdict(StrEnum):
    """What a reviewer thinks of where a model looks."""

    SENSIBLE = "sensible"
    DOUBTFUL = "doubtful"
    WRONG = "wrong"


class Expertise(StrEnum):
    """Who the reviewer is."""

    RADIOLOGIST = "radiologist"
    PHYSICIAN = "other physician"
    RADIOGRAPHER = "radiographer"
    RESEARCHER = "researcher"
    STUDENT = "student"
    OTHER = "other"


class Note(Spec):
    """One verdict on one map.

    Args:
        reviewer: Name or initials.
        expertise: Who they are.
        dataset: The data set.
        image_id: The image.
        finding: That the map explains.
        run_id: The model.
        verdict: What they think of it.
        comment: Why, in their words.
        blinded: Whether model, probability, outcome, boxes and agreement were hidden.
        is_repeat: Whether they had seen this map before, to measure them against themselves.
        time: UTC, ISO 8601.
    """

    reviewer: Name
    expertise: Expertise
    dataset: str
    image_id: str
    finding: str
    run_id: str
    verdict: Verdict
    comment: str = Field(default="", max_length=MAX_COMMENT_LENGTH)
    blinded: bool
    is_repeat: bool = False
    time: str


@dataclass(frozen=True)
class Notes:
    """All notes, and the lines that could not be read.

    Args:
        read: In the order of the files, which are sorted by reviewer.
        broken: One sentence a line that is no note.
    """

    read: tuple[Note, ...]
    broken: tuple[str, ...]


class NoteStore:
    """The folder results/notes/: one file a reviewer, one line of JSON a note."""

    def __init__(self, results: Path) -> None:
        self.folder = results / "notes"

    def append(self, note: Note) -> None:
        """Add a note; others may write at the same time, and none of the lines is lost or mixed.

        Raises:
            OSError: If the store cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{note.reviewer}.jsonl"
        line = f"{note.model_dump_json()}\n".encode()
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # What a crash cut off stays a line of its own, and costs no other note.
            if _is_torn(descriptor):
                line = b"\n" + line
            _write_whole(descriptor, line, path)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def read(self) -> Notes:
        """Every note; a line that is none is named and costs no other."""
        notes: list[Note] = []
        broken: list[str] = []
        for path in sorted(self.folder.glob("*.jsonl")):
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH)  # nobody is in the middle of a line
                lines = file.read().splitlines()
            for number, line in enumerate(lines, start=1):
                try:
                    notes.append(Note.model_validate_json(line))
                except ValidationError:
                    broken.append(f"{path}: line {number} is no note; it is left out.")
        return Notes(tuple(notes), tuple(broken))


def _write_whole(descriptor: int, line: bytes, path: Path) -> None:
    """Write a line, or nothing: a disk that fills takes a part of it without an error."""
    size = os.fstat(descriptor).st_size
    if os.write(descriptor, line) < len(line):
        os.ftruncate(descriptor, size)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def _is_torn(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
