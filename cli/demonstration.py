"""The steps of `cxr demo`: two synthetic hospitals through the whole benchmark."""

import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli import output
from cli.leaderboard import print_leaderboard
from cli.progress import shown
from core.datasets.request import IndexRequest
from core.errors import WeightsError
from core.models.backbones import BACKBONES as ROWS
from core.phantom.spec import PhantomSpec
from core.phantom.write import write_phantom
from core.progress import Progress
from core.specs import ImageSpec, RunSpec
from core.stages import cache, evaluate, explain, index, predict, train
from core.store import DataStore, ResultStore

SOURCE, TARGET = "phantom-mimic", "phantom-chestxray14"
BACKBONES = ("efficientnet_lite0", "resnet50", "efficientnet_b0", "vit_base_patch16_224")
IMAGE = ImageSpec(size=96)
NUM_EXPLAINED = 48


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


def run_demo(root: Path, num_patients: int, seed: int) -> Demo:
    """Make, index, train, evaluate and explain what is missing, and print the leaderboard.

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
            _index(place, progress)
        run_ids = tuple(_train(place, backbone, seed, seconds, progress) for backbone in BACKBONES)
        with _timed(seconds, "evaluate"):
            _evaluate(place, run_ids, progress)
        with _timed(seconds, "explain"):
            _explain(place, run_ids, progress)
    output.line("Synthetic phantom: not for clinical use or conclusions.")
    print_leaderboard(place.results, run_ids, TARGET)
    stages = ", ".join(f"{stage} {spent:.0f} s" for stage, spent in seconds.items())
    output.note(f"{sum(seconds.values()):.0f} s: {stages}.")
    return place


def _make_phantom(place: Demo, num_patients: int, seed: int, progress: Progress) -> None:
    def tell(done: int, total: int) -> None:
        progress("drawing patients", done, total)

    spec = PhantomSpec(num_patients=num_patients, seed=seed)
    write_phantom(place.root / "phantom", spec, on_progress=tell)


def _index(place: Demo, progress: Progress) -> None:
    for adapter, name, folder in (
        ("mimic", SOURCE, "mimic-cxr-jpg"),
        ("chestxray14", TARGET, "chestxray14"),
    ):
        request = IndexRequest(root=place.root / "phantom" / folder)
        index.run(place.data, adapter, name, request)
        cache.run(place.data, name, IMAGE, progress)


def _train(
    place: Demo, backbone: str, seed: int, seconds: dict[str, float], progress: Progress
) -> str:
    def spec(weights: str) -> RunSpec:
        return RunSpec(
            source=SOURCE,
            backbone=backbone,
            weights=weights,
            seed=seed,
            image=IMAGE,
            num_threads=os.cpu_count() or 1,
        )

    chosen = spec("offline" if ROWS[backbone].offline else "imagenet")
    with _timed(seconds, f"train {backbone}"):
        try:
            train.check(chosen, place.data, place.results)
        except WeightsError:
            output.note(
                f"{ROWS[backbone].title}: its ImageNet weights cannot be had here, so the demo "
                "takes random ones; the run is marked everywhere and never ranked."
            )
            chosen = spec("random")
        return train.run(chosen, place.data, place.results, progress).run_id


def _evaluate(place: Demo, run_ids: tuple[str, ...], progress: Progress) -> None:
    for run_id in run_ids:
        for name in (SOURCE, TARGET):
            predict.run(run_id, name, place.data, place.results, progress)
        evaluate.run(run_id, TARGET, place.data, place.results)


def _explain(place: Demo, run_ids: tuple[str, ...], progress: Progress) -> None:
    request = explain.ExplainRequest(limit=NUM_EXPLAINED)
    for run_id in run_ids:
        explain.run(run_id, TARGET, request, place.data, place.results, progress)


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Generator[None, None, None]:
    start = time.perf_counter()
    yield
    seconds[stage] = time.perf_counter() - start
