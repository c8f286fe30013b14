import os
import shutil
import socket
import sys
from collections.abc import Generator
from pathlib import Path
from subprocess import PIPE, Popen
from threading import Thread

import pytest

from core.errors import BusyError
from core.store.locks import locked, owner

HOLD = "import sys; from pathlib import Path; from core.store.locks import locked; " + (
    "lock = locked(Path(sys.argv[1])); lock.__enter__(); print('held', flush=True); "
    "sys.stdin.readline()"
)


@pytest.fixture
def holder(tmp_path: Path) -> Generator[Popen[str], None, None]:
    """Another process that holds the folder."""
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with Popen(command, text=True, stdin=PIPE, stdout=PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_folder_is_held_by_one_process_and_the_other_is_told_which(
    tmp_path: Path, holder: Popen[str]
) -> None:
    place = f"process {holder.pid} on {socket.gethostname()}"
    with pytest.raises(BusyError, match=f"in use by another cxr process .{place} since 20"):
        locked(tmp_path).__enter__()
    assert (owner(tmp_path) or "").startswith(place)


def test_a_killed_process_holds_nothing_though_its_name_stays_in_the_file(
    tmp_path: Path, holder: Popen[str]
) -> None:
    holder.kill()
    holder.wait()
    assert str(holder.pid) in (tmp_path / ".lock").read_text()
    assert owner(tmp_path) is None
    with locked(tmp_path):
        assert f"process {os.getpid()}" in (owner(tmp_path) or "")


def test_who_holds_a_folder_may_enter_it_again_and_keeps_it_until_the_end(tmp_path: Path) -> None:
    with locked(tmp_path):
        with locked(tmp_path):
            pass
        assert owner(tmp_path)
    assert owner(tmp_path) is None


def test_another_thread_of_the_process_is_kept_out(tmp_path: Path) -> None:
    refused: list[BusyError] = []

    def enter() -> None:
        try:
            locked(tmp_path).__enter__()
        except BusyError as error:
            refused.append(error)

    with locked(tmp_path):
        thread = Thread(target=enter)
        thread.start()
        thread.join()
    assert len(refused) == 1


def test_a_glance_at_the_owner_keeps_nobody_out(tmp_path: Path) -> None:
    assert owner(tmp_path / "nothing") is None
    glances = Thread(target=lambda: [owner(tmp_path) for _ in range(2000)])
    glances.start()
    while glances.is_alive():
        with locked(tmp_path):
            pass


def test_a_folder_may_be_removed_by_its_holder_and_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with locked(folder):
        shutil.rmtree(folder)
    with locked(folder):
        assert owner(folder)
