import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from core.store.notes import Expertise, Note, NoteStore, Verdict
from tests.fixtures.full import full_after


def note(reviewer: str = "AB", image_id: str = "1.png", comment: str = "") -> Note:
    return Note(
        reviewer=reviewer,
        expertise=Expertise.RADIOLOGIST,
        dataset="chestxray14",
        image_id=image_id,
        finding="Mass",
        run_id="run",
        verdict=Verdict.WRONG,
        comment=comment,
        blinded=True,
        time="2026-01-01T00:00:00Z",
    )


def test_notes_come_back_as_they_were_written(tmp_path: Path) -> None:
    store = NoteStore(tmp_path)
    written = [note(comment='two\nlines, "quoted" – ✓'), note(image_id="2.png"), note("CD")]
    for each in written:
        store.append(each)

    assert store.read().read == tuple(written)
    assert store.read().broken == ()


def test_without_notes_there_are_none(tmp_path: Path) -> None:
    assert NoteStore(tmp_path).read().read == ()


def test_a_torn_line_costs_no_other_note(tmp_path: Path) -> None:
    store = NoteStore(tmp_path)
    store.append(note())
    path = tmp_path / "notes" / "AB.jsonl"
    path.write_bytes(path.read_bytes() + b'{"reviewer": "A')

    store.append(note(image_id="2.png"))

    found = store.read()
    assert [each.image_id for each in found.read] == ["1.png", "2.png"]
    assert found.broken == (f"{path}: line 2 is no note; it is left out.",)


def test_a_note_that_finds_the_disk_full_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    store = NoteStore(tmp_path)
    num_fitting = 1000 // len(f"{note().model_dump_json()}\n")
    assert num_fitting
    for _ in range(num_fitting):
        store.append(note())
    with full_after(1000), pytest.raises(OSError, match="No space left"):
        store.append(note())
    found = store.read()
    assert len(found.read) == num_fitting
    assert found.broken == ()


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from core.store.notes import Note, NoteStore\n"
        "note = Note.model_validate_json(sys.argv[2])\n"
        "for number in range(50):\n"
        "    changed = note.model_copy(update={'image_id': f'{sys.argv[3]}-{number}'})\n"
        "    NoteStore(Path(sys.argv[1])).append(changed)\n"
    )
    text = note(comment="x" * 1500).model_dump_json()
    command = [sys.executable, "-c", script, str(tmp_path), text]

    writers = [subprocess.Popen([*command, str(number)]) for number in range(4)]

    assert [writer.wait(timeout=60) for writer in writers] == [0] * 4
    found = NoteStore(tmp_path).read()
    assert found.broken == ()
    expected = {f"{writer}-{number}" for writer in range(4) for number in range(50)}
    assert {each.image_id for each in found.read} == expected
    assert len(found.read) == 200


@pytest.mark.parametrize("reviewer", ["", "../up", "a/b", ".hidden", "x" * 65])
def test_a_reviewer_whose_name_is_no_file_name_is_refused(reviewer: str) -> None:
    with pytest.raises(ValidationError, match="reviewer"):
        note(reviewer)
