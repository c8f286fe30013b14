"""`cxr bench`: a grid of runs, trained on one hospital and tested on others."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli import grid_options as options
from cli import output
from cli.options import DATA, RESULTS, AsJson, DataDir, ResultsDir
from cli.progress import shown
from core.errors import ConfigError, GridError
from core.lookup import lookup

if TYPE_CHECKING:
    from core.bench.grid import GridSpec
    from core.bench.plan import Cell
    from core.launch.spec import ClusterSpec


def bench(
    source: options.Source,
    targets: options.Targets,
    preset: options.Preset = None,
    grid_file: options.GridFile = None,
    backbones: options.Backbones = None,
    weights: options.Weights = None,
    seeds: options.Seeds = None,
    resample_train: options.ResampleTrain = None,
    size: options.Size = None,
    precision: options.Precision = None,
    num_threads: options.NumThreads = None,
    num_explained: options.NumExplained = None,
    num_resamples: options.NumResamples = 1000,
    dry_run: options.DryRun = False,
    launcher: options.Launcher = "local",
    partition: options.Partition = None,
    minutes: options.Minutes = None,
    gpus: options.Gpus = None,
    cpus: options.Cpus = None,
    memory_gb: options.MemoryGb = None,
    max_jobs: options.MaxJobs = None,
    detach: options.Detach = False,
    as_json: AsJson = False,
    data: DataDir = DATA,
    results: ResultsDir = RESULTS,
) -> None:
    """Train, predict and score what is missing of a grid; again, it does only what is left.

    Several processes may work on one grid: they share it, and never do a cell twice.
    """
    from cli.grid_table import print_grid, print_results
    from core.bench.grid import cells
    from core.bench.plan import Request
    from core.bench.work import Stores, assemble, prepare
    from core.launch.registry import LAUNCHERS
    from core.store import DataStore, ResultStore

    chosen = lookup(LAUNCHERS, launcher, "launcher")
    asked = {
        "partition": partition,
        "minutes": minutes,
        "gpus": gpus,
        "cpus": cpus,
        "memory_gb": memory_gb,
        "max_jobs": max_jobs,
        "detach": detach or None,
    }
    cluster = _cluster(grid_file, asked)
    changes = {
        "backbones": backbones,
        "weights": weights,
        "weights_of": {} if weights else None,
        "seeds": seeds,
        "resample_train": resample_train,
        "image": {"size": size} if size else None,
        "precision": precision,
        "num_threads": num_threads,
    }
    default_threads = cluster.cpus if chosen.on_cluster else os.cpu_count() or 1
    specs = cells(_grid(preset, grid_file, changes, default_threads), source)
    request = Request(source, tuple(targets), num_explained, num_resamples)
    work = assemble(specs, request, Stores(DataStore(data), ResultStore(results)))
    if dry_run:
        print_grid(work, as_json)
        return
    chosen.check()
    with shown() as progress:
        prepare(work, progress)
        finished = chosen.launch(work, cluster, progress)
    print_results(work, finished, as_json)
    report_failures(finished)


def _grid(
    preset: str | None,
    grid_file: Path | None,
    changes: Mapping[str, Any],
    default_threads: int,
) -> GridSpec:
    """The preset or the file, with what the flags change; flags win over the file."""
    from core.bench.grid import PRESETS, GridSpec
    from core.bench.grid_file import read_grid
    from core.specs import parse

    if (preset is None) == (grid_file is None):
        raise ConfigError("Name a grid: either --preset or --grid FILE.")
    grid = read_grid(grid_file) if grid_file else lookup(PRESETS, preset or "", "preset")
    given = grid.model_dump(exclude_unset=True)
    changed = {key: value for key, value in changes.items() if value is not None}
    if "image" in changed:
        changed["image"] = given.get("image", {}) | changed["image"]
    return parse(GridSpec, {"num_threads": default_threads} | given | changed, "options")


def _cluster(grid_file: Path | None, asked: Mapping[str, object]) -> ClusterSpec:
    """The table [slurm] of the file, with what the flags change."""
    from core.bench.grid_file import read_table
    from core.launch.spec import ClusterSpec
    from core.specs import parse

    in_file = read_table(ClusterSpec, grid_file, "slurm") if grid_file else ClusterSpec()
    changed = {key: value for key, value in asked.items() if value is not None}
    return parse(ClusterSpec, in_file.model_dump() | changed, "options")


def report_failures(cells: tuple[Cell, ...]) -> None:
    """Say which cells failed and why, and how many are still to be done.

    Raises:
        GridError: If any failed.
    """
    reasons: dict[str, list[str]] = {}
    for cell in cells:
        if cell.missing and cell.error:
            reasons.setdefault(cell.error, []).append(cell.spec.run_id)
    if reasons:
        num_failed = sum(map(len, reasons.values()))
        told = "\n".join(f"{', '.join(runs)}: {reason}" for reason, runs in reasons.items())
        raise GridError(
            f"{num_failed} of {len(cells)} cells failed; the same command tries them again.\n{told}"
        )
    waiting = [cell for cell in cells if cell.missing]
    if waiting:
        output.note(f"{len(waiting)} of {len(cells)} cells are still to be done.")
