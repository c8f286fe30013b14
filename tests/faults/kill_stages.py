"""Every stage killed with SIGKILL at random moments, against the same stages undisturbed.

    python -m tests.faults.kill_stages
    python -m tests.faults.kill_stages --kills 400 --seed 7

Half of the kills come by the clock, half at a write. A reader polls the stores all the time. After
each kill no finished run may be lost and no file may be damaged; then the same stage goes on, and
every table, array and tensor must be bit for bit that of the undisturbed stages.
"""

import argparse
import multiprocessing
import random
import shutil
import tempfile
from collections import Counter
from pathlib import Path

from tests.benchmarks.kill_grid import assert_identical
from tests.fixtures.chain import STAGES
from tests.fixtures.disturbed import PRELOADED, Disturbances, finished, lost
from tests.fixtures.trouble import Trouble


def main() -> None:
    """Print the kills of every stage; fail where anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=210)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    kills, files = Counter[str](), 0
    with tempfile.TemporaryDirectory() as folder:
        disturbances = begin(Path(folder))
        while kills.total() < options.kills:
            for stage in STAGES:
                for trouble in disturbances.moments(stage, 2, rng):
                    is_killed, num_files = disturb(disturbances, stage, trouble)
                    kills[stage] += is_killed
                    files += num_files
    for stage, number in kills.items():
        print(f"{stage}: {number} kills")
    print(
        f"kill_stages: {kills.total()} kills in {len(STAGES)} stages, 0 finished runs lost, "
        f"0 damaged files, {files} files identical to the undisturbed stages, none different"
    )


def begin(folder: Path) -> Disturbances:
    """The undisturbed stages."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return Disturbances(context, folder)


def disturb(disturbances: Disturbances, stage: str, trouble: Trouble) -> tuple[bool, int]:
    """Disturb a stage, look at what it left, let it go on, and compare.

    Returns:
        Whether the trouble came before the stage was done, and the files compared.
    """
    place = disturbances.fresh(stage)
    before = finished(place)
    ended = disturbances.run(stage, place, trouble)
    assert lost(place, disturbances.course(stage).before) == [], (stage, trouble)
    assert before <= finished(place), (stage, trouble)
    again = disturbances.run(stage, place)
    assert again.exit_code == 0, (stage, trouble, again.words)
    try:
        num_files = assert_identical(disturbances.course(stage).after, place.root)
    except AssertionError as error:
        error.add_note(f"{stage} after {trouble}")
        raise
    shutil.rmtree(place.root)
    return ended.exit_code != 0, num_files


if __name__ == "__main__":
    main()
