"""Every stage on a disk that fills while it works: a small tmpfs, which is enlarged afterwards.

    python -m tests.faults.full_disk
    python -m tests.faults.full_disk --shares 0.1 0.9

The disk is mounted in a namespace of its own, so that no rights are needed. A stage that finds it
full must end with a sentence that says so; no finished run may be lost and no file may be damaged;
and once there is room the same stage goes on to the same bits as the undisturbed one.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.benchmarks.kill_grid import assert_identical
from tests.faults.kill_stages import begin
from tests.fixtures.chain import STAGES, Place
from tests.fixtures.disturbed import Disturbances, finished, lost

_INSIDE = "CXR_FULL_DISK"
_NAMESPACES = ("unshare", "--map-root-user", "--mount")
_BLOCK_BYTES = 4096
_SENTENCES = ("No space left on device", "bytes needed")


def main() -> None:
    """Print how many stages met the full disk; fail where anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shares", type=float, nargs="+", default=[0.0, 0.3, 0.6, 0.9])
    options = parser.parse_args()
    if _INSIDE not in os.environ:
        os.environ[_INSIDE] = "1"
        own = [sys.executable, "-m", "tests.faults.full_disk", *sys.argv[1:]]
        _try_namespaces()
        os.execvp(_NAMESPACES[0], [*_NAMESPACES, *own])
    full, roomy = Counter[str](), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        disturbances = begin(Path(folder))
        for stage in STAGES:
            for share in options.shares:
                is_full = fill(disturbances, stage, share)
                (full if is_full else roomy)[stage] += 1
    for stage in STAGES:
        print(f"{stage}: {full[stage]} times the disk was full, {roomy[stage]} times it was not")
    print(
        f"full_disk: {full.total()} full disks in {len(full)} of {len(STAGES)} stages, 0 finished "
        f"runs lost, 0 damaged files, all went on to the same bits"
    )


def fill(disturbances: Disturbances, stage: str, share: float) -> bool:
    """Run a stage where only a share of what it writes has room, then make room and go on.

    Returns:
        Whether it found the disk full.
    """
    course = disturbances.course(stage)
    disturbances.number += 1
    root = disturbances.folder / f"disk-{disturbances.number}"
    before, after = num_blocks(course.before), num_blocks(course.after)
    root.mkdir()
    _mount(root, before + int(share * (after - before)) + 1)
    try:
        shutil.copytree(course.before, root, dirs_exist_ok=True)
        place = Place(disturbances.base, root)
        runs = finished(place)
        ended = disturbances.run(stage, place)
        told = (stage, share, ended)
        assert ended.exit_code in (0, 1), told
        assert ended.exit_code == 0 or any(each in ended.words for each in _SENTENCES), told
        assert lost(place, course.before) == [], told
        assert runs <= finished(place), told
        _mount(root, 4 * after + 4096, "remount,")
        again = disturbances.run(stage, place)
        assert again.exit_code == 0, (*told, again)
        assert_identical(course.after, root)
    finally:
        subprocess.run(["umount", "--lazy", root], check=True)
    return ended.exit_code == 1


def num_blocks(folder: Path) -> int:
    """What a tmpfs needs for the files of a folder; names and folders are free."""
    sizes = (path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return sum(-(-num_bytes // _BLOCK_BYTES) for num_bytes in sizes)


def _try_namespaces() -> None:
    mount = ("mount", "-t", "tmpfs", "tmpfs", tempfile.gettempdir())
    tried = subprocess.run([*_NAMESPACES, *mount], capture_output=True, text=True, check=False)
    if tried.returncode:
        raise SystemExit(
            f"full_disk: no small disk can be mounted ({tried.stderr.strip()}); run it where user "
            f"and mount namespaces are allowed."
        )


def _mount(root: Path, blocks: int, how: str = "") -> None:
    options = f"{how}size={blocks * _BLOCK_BYTES}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", root], check=True)


if __name__ == "__main__":
    main()
