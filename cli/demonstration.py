"""The steps of `cxr demo`: two synthetic hospitals through the whole benchmark."""

import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli import output
from cli.bench import report_failures
from cli.grid_table import print_results
from cli.progress import shown
from cli.regions import make_maps
from core.bench.grid import ArmSpec, GridSpec, cells
from core.bench.plan import Request, State
from core.bench.work import Stores, Work, assemble, prepare
from core.datasets.request import IndexRequest
from core.errors import WeightsError
from core.launch.local import launch
from core.launch.spec import ClusterSpec
from core.models.backbones import BACKBONES as ROWS
from core.models.weights import load_backbone
from core.phantom.spec import PhantomSpec
from core.phantom.write import write_phantom
from core.progress import Progress
from core.roles import Split
from core.specs import ImageSpec, RunSpec, TuneSpec, parse
from core.stages import agree, explain, index, localise, sanity
from core.store import DataStore, ResultStore
from core.tables import AGREEMENT, DEFAULT_METHOD, LOCALISATION, SANITY

SOURCE, TARGET = "phantom-mimic", "phantom-chestxray14"
IMAGE = ImageSpec(size=96)
NUM_EXPLAINED = 48
NUM_CHANGED = 24
"""Of these images, those that agreement and sanity checks explain again and again."""
BACKBONES = ("efficientnet_lite0", "resnet50", "efficientnet_b0", "vit_base_patch16_224")
CONTRASTIVE = ArmSpec(loss="supcon", tune="none", tuning=TuneSpec(epochs=5))
"""An adapter on the features of one backbone: a tuned one would take the demo too long."""


@dataclass(frozen=True)
class Demo:
    """Where the demo keeps its things.

    Args:
        root: Its folder.
    """

    root: Path

    @property
    def data(self) -> DataStore:
        """Its data store."""
        return DataStore(self.root / "data")

    @property
    def results(self) -> ResultStore:
        """Its result store."""
        return ResultStore(self.root / "results")

    @property
    def stores(self) -> Stores:
        """Both."""
        return Stores(self.data, self.results)


def run_demo(root: Path, num_patients: int, seed: int) -> Demo:
    """Make, index, train, evaluate, explain and measure what is missing; print the leaderboard.

    Args:
        root: Folder of the demo.
        num_patients: Patients per hospital.
        seed: Of the phantom and the runs.
    """
    place = Demo(root)
    seconds: dict[str, float] = {}
    with shown() as progress:
        with _timed(seconds, "phantom"):
            _make_phantom(place, num_patients, seed, progress)
        with _timed(seconds, "index and cache"):
            _index(place)
            work = assemble(_cells(seed), Request(SOURCE, (TARGET,), NUM_EXPLAINED), place.stores)
            prepare(work, progress)
        with _timed(seconds, "train, predict, evaluate and explain"):
            finished = launch(work, ClusterSpec(), progress)
        with _timed(seconds, "measure attention"):
            _measure_attention(work, progress)
    output.line("Synthetic phantom: not for clinical use or conclusions.")
    print_results(work, finished, as_json=False)
    report_failures(finished)
    stages = ", ".join(f"{stage} {spent:.0f} s" for stage, spent in seconds.items())
    output.note(f"{sum(seconds.values()):.0f} s: {stages}.")
    return place


def _make_phantom(place: Demo, num_patients: int, seed: int, progress: Progress) -> None:
    def tell(done: int, total: int) -> None:
        progress("drawing patients", done, total)

    spec = PhantomSpec(num_patients=num_patients, seed=seed)
    write_phantom(place.root / "phantom", spec, on_progress=tell)


def _index(place: Demo) -> None:
    for adapter, name, folder in (
        ("mimic", SOURCE, "mimic-cxr-jpg"),
        ("chestxray14", TARGET, "chestxray14"),
    ):
        request = IndexRequest(root=place.root / "phantom" / folder)
        index.run(place.data, adapter, name, request)


def _measure_attention(work: Work, progress: Progress) -> None:
    """Whether the ranked runs look at the right place, agree, and depend on what they learnt."""
    data, results = work.stores.data, work.stores.results
    run_ids = [
        cell.spec.run_id
        for cell in work.cells
        if cell.state is State.DONE and cell.spec.weights != "random"
    ]
    dataset = data.dataset(TARGET)
    boxed = localise.boxed_images(dataset, Split.TEST)
    for run_id in run_ids:
        if not results.has(run_id, LOCALISATION):
            make_maps(run_id, TARGET, boxed, DEFAULT_METHOD, (data, results), progress)
            localise.run(run_id, TARGET, data, results)
    sample = explain.chosen_rows(dataset, explain.ExplainRequest(limit=NUM_EXPLAINED))
    image_ids = tuple(dataset.manifest["image_id"].gather(sample[:NUM_CHANGED]))
    if not all(results.has(run_id, AGREEMENT) for run_id in run_ids):
        on = agree.subjects(dataset, image_ids)
        agree.between_runs(run_ids, on, results)
        for run_id in run_ids:
            agree.within_run(run_id, on, data, results, progress)
    for run_id in run_ids:
        if not results.has(run_id, SANITY):
            sanity.run(run_id, TARGET, sanity.SanityRequest(image_ids), data, results, progress)


def _cells(seed: int) -> tuple[RunSpec, ...]:
    """Every backbone with a BCE head, and SupCon on the one that has weights everywhere."""
    settings = {
        "first_seed": seed,
        "image": IMAGE,
        "weights_of": {backbone: _weights(backbone, seed) for backbone in BACKBONES},
        "num_threads": os.cpu_count() or 1,
    }
    arms = ((BACKBONES, ArmSpec(loss="bce")), (BACKBONES[:1], CONTRASTIVE))
    grids = [
        parse(GridSpec, {"backbones": backbones, "arms": (arm,)} | settings, "demo")
        for backbones, arm in arms
    ]
    return tuple(spec for grid in grids for spec in cells(grid, SOURCE))


def _weights(backbone: str, seed: int) -> str:
    """Real weights where they can be had; random ones are said and marked."""
    row = ROWS[backbone]
    if row.offline:
        return "offline"
    try:
        load_backbone(row, "imagenet", IMAGE.size, seed)
    except WeightsError:
        output.note(
            f"{row.title}: its ImageNet weights cannot be had here, so the demo takes random "
            "ones; the run is marked everywhere and never ranked."
        )
        return "random"
    return "imagenet"


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Generator[None, None, None]:
    start = time.perf_counter()
    yield
    seconds[stage] = time.perf_counter() - start
