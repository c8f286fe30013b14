import multiprocessing
import os
from pathlib import Path

import pytest

from core.store.locks import LOCK_FILE, locked
from core.store.trial import locks, write_fault


def test_a_store_that_can_be_written_has_no_fault_and_no_trace(tmp_path: Path) -> None:
    assert write_fault(tmp_path / "not" / "yet") is None
    assert list(tmp_path.iterdir()) == []


def test_a_store_below_a_file_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert "is a file, not a folder" in (write_fault(tmp_path / "file" / "data") or "")


def test_a_store_that_cannot_be_written_is_a_fault() -> None:
    assert "cannot be written" in (write_fault(Path("/proc/data")) or "")


def test_a_lock_says_who_holds_it(tmp_path: Path) -> None:
    with locked(tmp_path / "runs" / "a"):
        (held,) = locks(tmp_path)

    assert held.is_held
    assert f"process {os.getpid()}" in held.owner


def _die(folder: Path) -> None:
    with locked(folder):
        os._exit(9)


def test_a_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_die, args=(tmp_path / "a",))
    process.start()
    process.join()

    (left,) = locks(tmp_path)

    assert not left.is_held
    assert left.owner.startswith(f"process {process.pid} on")


def test_folders_that_nobody_held_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / LOCK_FILE).touch()

    assert locks(tmp_path) == ()


@pytest.mark.parametrize("words", ["", "process 1"])
def test_a_lock_file_is_only_believed_by_the_kernel(tmp_path: Path, words: str) -> None:
    (tmp_path / LOCK_FILE).write_text(words)

    assert [lock.is_held for lock in locks(tmp_path)] == [False] * bool(words)
