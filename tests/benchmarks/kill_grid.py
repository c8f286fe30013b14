"""A small grid that is killed again and again, against the same grid undisturbed.

    python tests/benchmarks/kill_grid.py
    python tests/benchmarks/kill_grid.py --kills 3 --cells 2
    python tests/benchmarks/kill_grid.py --tune --cells 1

Each round begins with empty stores. A process decodes, trains, predicts, scores and explains; it
is killed with SIGKILL after a time drawn evenly up to what the undisturbed grid took, and another
one goes on, until the grid is done. With `--tune` two more arms tune the whole backbone, by labels
and by contrast, so that kills fall between checkpoints too. Then every table, array and tensor
must be bit for bit that of the undisturbed grid, and every record the same apart from times.
"""

import argparse
import json
import multiprocessing
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.context import ForkServerContext
from pathlib import Path

from safetensors.numpy import load_file

from core.bench.grid import ArmSpec, GridSpec, cells
from core.bench.plan import Request
from core.bench.work import Stores, assemble, prepare
from core.launch.local import launch
from core.launch.spec import ClusterSpec
from core.progress import silent
from core.specs import ImageSpec, TuneSpec
from core.store import DataStore, ResultStore
from tests.fixtures.releases import write_release, write_table_dataset

SOURCE, TARGET = "chestxray14", "hospital"
TIMES = ("seconds", "created", "seal")
MEASURED = ("images_per_second", "memory_mib")
TUNING = TuneSpec(epochs=3, batch_size=8)
FROZEN_ARMS = (ArmSpec(loss="bce"),)
TUNED_ARMS = (
    *FROZEN_ARMS,
    ArmSpec(loss="bce", tune="full", tuning=TUNING),
    ArmSpec(loss="supcon", tune="full", tuning=TUNING),
)
PRELOADED = ["core.bench.work", "core.launch.local", "core.stages.index"]


def main() -> None:
    """Print kills, rounds, and files compared; fail where one differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--cells", type=int, default=3, help="of each arm")
    parser.add_argument("--tune", action="store_true", help="add arms that tune the backbone")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    arms = TUNED_ARMS if options.tune else FROZEN_ARMS
    with tempfile.TemporaryDirectory() as folder:
        num_rounds, num_files = compare(
            Path(folder), options.kills, options.cells, random.Random(options.seed), arms
        )
    print(
        f"kill_grid: {options.kills} kills in {num_rounds} rounds of "
        f"{options.cells * len(arms)} cells; "
        f"{num_files} files identical to the undisturbed grid, none different"
    )


def compare(
    base: Path,
    num_kills: int,
    num_cells: int,
    rng: random.Random,
    arms: tuple[ArmSpec, ...] = FROZEN_ARMS,
) -> tuple[int, int]:
    """Kill a grid `num_kills` times and compare what it left in the end.

    Args:
        base: An empty folder.
        num_kills: Over all rounds.
        num_cells: Of each arm.
        rng: Of the moments.
        arms: Of the grid.

    Returns:
        Rounds, and files compared.

    Raises:
        AssertionError: If a file differs from that of the undisturbed grid.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    write_release(base / "release")
    write_table_dataset(base / "hospital")
    calm = base / "calm"
    warm = context.Process(target=int)  # the server imports now, and not while a grid is timed
    warm.start()
    warm.join()
    grid = GridSpec(
        backbones=("efficientnet_lite0",),
        weights="offline",
        arms=arms,
        seeds=num_cells,
        image=ImageSpec(size=32),
        epochs=3,
    )
    seconds = _run_for(context, base, calm, grid, None)
    assert seconds is not None
    left, num_rounds, num_files = num_kills, 0, 0
    while left:
        stormy = base / "stormy"
        num_rounds += 1
        while left and _run_for(context, base, stormy, grid, rng.uniform(0, seconds)) is None:
            left -= 1
        _run_for(context, base, stormy, grid, None)
        num_files += assert_identical(calm, stormy)
        shutil.rmtree(stormy)
    return num_rounds, num_files


def run_grid(base: Path, place: Path, grid: GridSpec) -> None:
    """The whole grid, from the releases to the maps."""
    from core.datasets.request import IndexRequest
    from core.stages import index

    stores = Stores(DataStore(place / "data"), ResultStore(place / "results"))
    for adapter, name, request in (
        ("chestxray14", SOURCE, IndexRequest(root=base / "release")),
        ("table", TARGET, IndexRequest(root=base / "hospital", labels="labels.csv")),
    ):
        index.run(stores.data, adapter, name, request)
    request = Request(SOURCE, (TARGET,), num_explained=4, num_resamples=20)
    work = assemble(cells(grid, SOURCE), request, stores)
    prepare(work)
    finished = launch(work, ClusterSpec(), silent)
    assert not any(cell.missing for cell in finished), [cell.error for cell in finished]


def assert_identical(calm: Path, stormy: Path) -> int:
    """Compare all files of two places; returns their number."""
    names, others = set(_files(calm)), set(_files(stormy))
    assert names == others, f"one of the two lacks {sorted(names ^ others)}"
    for name in sorted(names):
        contents = [_contents(place / name) for place in (calm, stormy)]
        assert contents[0] == contents[1], f"{name} differs"
    return len(names)


def _files(place: Path) -> Iterator[str]:
    """What a grid leaves, without locks, half-written files and the log of events."""
    for path in place.rglob("*"):
        if path.is_file() and not path.name.startswith(".") and path.name != "log.jsonl":
            yield str(path.relative_to(place))


def _contents(path: Path) -> object:
    """Bytes; of tables the rows, without what was measured; of records all but the times."""
    import polars as pl

    if path.suffix == ".parquet":
        return pl.read_parquet(path).drop(MEASURED, strict=False).write_ipc(None).getvalue()
    if path.suffix == ".safetensors":  # the order of what its header says is chance
        return {name: (each.shape, each.tobytes()) for name, each in load_file(path).items()}
    if path.suffix == ".json":
        record = json.loads(path.read_text())
        return {key: value for key, value in record.items() if key not in TIMES}
    return path.read_bytes()


def _run_for(
    context: ForkServerContext,
    base: Path,
    place: Path,
    grid: GridSpec,
    seconds: float | None,
) -> float | None:
    """Seconds that the grid took; None where it was killed before it was done."""
    process = context.Process(target=run_grid, args=(base, place, grid))
    start = time.perf_counter()
    process.start()
    process.join(seconds)
    if process.exitcode is None:
        assert process.pid
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        return None
    assert process.exitcode == 0
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
