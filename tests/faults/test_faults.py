"""Every stage is disturbed in each way: all of it by `make faults`, some of it by `make test`."""

import os
import random
import shutil
import signal
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from cli.main import run as run_cxr
from core.bench.plan import State, state_of
from core.errors import CxrError
from core.tables import METRICS, PREDICTIONS
from tests.benchmarks.kill_grid import assert_identical
from tests.faults.kill_stages import begin, disturb
from tests.fixtures.chain import FROZEN, OTHER, SOURCE, STAGES, TARGET, TUNED, Place, run_stage
from tests.fixtures.damage import DAMAGES, flip
from tests.fixtures.disturbed import Disturbances, lost
from tests.fixtures.training import IMAGE
from tests.fixtures.trouble import Trouble, work

IS_LONG = os.environ.get("CXR_FAULTS") == "1"
SENTENCES = ("CxrError", "OSError")
"""What ends a command with one sentence (`cli.main.run`)."""


def some(every: Iterable[str], few: Sequence[str]) -> list[str]:
    """All of the cases in the long form, a few in the short one."""
    return list(every) if IS_LONG else list(few)


KILLED = some(STAGES, ("cache", "train frozen", "predict", "explain", "import", "notes", "bundle"))
FULL = some(("cache", "train tuned", "evaluate", "bench"), ("cache",))
READ_ONLY = some(("train frozen", "predict", "import", "notes"), ("predict", "notes"))
TURNED = some(("train tuned", "bench"), ("train frozen",))
SHARED = some(("cache", "train frozen", "train tuned", "evaluate", "bench"), ("train frozen",))
READERS = {"explain": "test"} | ({"train tuned": "train"} if IS_LONG else {})
"""Stages that read pixels, and a split of the source that they read."""
STOPPED = "train tuned" if IS_LONG else "train frozen"


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Disturbances:
    """Every stage once, undisturbed."""
    return begin(tmp_path_factory.mktemp("faults"))


def goes_on(stages: Disturbances, stage: str, place: Place) -> None:
    """Assert that the stage, run again, ends as if nothing had happened."""
    assert lost(place, stages.course(stage).before) == []
    again = stages.run(stage, place)
    assert again.exit_code == 0, again.words
    assert_identical(stages.course(stage).after, place.root)


@pytest.mark.parametrize("stage", KILLED)
def test_a_stage_that_is_killed_goes_on_to_the_same_bits(stages: Disturbances, stage: str) -> None:
    rng = random.Random(stage)
    at_write = rng.randint(1, stages.course(stage).num_writes)

    is_killed, _ = disturb(stages, stage, Trouble(at_write=at_write))

    assert is_killed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stage_that_is_asked_to_stop_goes_on_to_the_same_bits(
    stages: Disturbances, number: signal.Signals
) -> None:
    seconds = stages.course(STOPPED).seconds / 2

    disturb(stages, STOPPED, Trouble(after_seconds=seconds, number=number))


@pytest.mark.parametrize("num_bytes", [300, 3_500])
@pytest.mark.parametrize("stage", FULL)
def test_a_full_disk_is_told_and_costs_nothing(
    stages: Disturbances, stage: str, num_bytes: int
) -> None:
    place = stages.fresh(stage)

    ended = stages.run(stage, place, Trouble(file_bytes=num_bytes))

    assert ended.exit_code == 1
    assert any(kind in ended.words for kind in SENTENCES), ended.words
    goes_on(stages, stage, place)


@pytest.mark.parametrize("stage", READ_ONLY)
def test_results_that_are_read_only_are_told(stages: Disturbances, stage: str) -> None:
    place = stages.fresh(stage)

    ended = stages.run(stage, place, Trouble(read_only=place.results.root))

    assert ended.exit_code == 1
    assert any(kind in ended.words for kind in SENTENCES), ended.words
    goes_on(stages, stage, place)


@pytest.mark.parametrize("stage", TURNED)
def test_a_clock_that_jumps_changes_nothing_but_times(stages: Disturbances, stage: str) -> None:
    place = stages.fresh(stage)

    ended = stages.run(stage, place, Trouble(wrong_clock=True))

    assert ended.exit_code == 0, ended.words
    assert_identical(stages.course(stage).after, place.root)


LATER = ("predict", "evaluate", "explain", "localise", "agree", "bundle")


@pytest.mark.skipif(not IS_LONG, reason="a part of make faults")
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize(
    "file",
    [
        f"data/{SOURCE}/manifest.parquet",
        f"data/{TARGET}/boxes.parquet",
        f"data/{TARGET}/images-*.parquet",
        f"results/runs/{FROZEN.run_id}/run.json",
        f"results/runs/{FROZEN.run_id}/head.safetensors",
        f"results/runs/{FROZEN.run_id}/predictions/{TARGET}.parquet",
        f"results/runs/{FROZEN.run_id}/heatmaps/{SOURCE}.parquet",
    ],
)
def test_a_damaged_file_is_refused_or_does_not_matter(
    stages: Disturbances, file: str, damage: str
) -> None:
    """Each later stage is refused with a sentence, or what it writes is what it always was."""
    place = stages.fresh("sanity")
    shutil.rmtree(place.root / "bundle", ignore_errors=True)
    (path,) = place.root.glob(file)
    DAMAGES[damage](path)

    refused = 0
    for stage in LATER:
        try:
            run_stage(stage, place)
        except CxrError:
            refused += 1

    if damage != "deleted":
        assert refused or path.read_bytes() == _undamaged(stages, file)
    calm = Place(stages.base, stages.course("sanity").before)
    for table in (PREDICTIONS, METRICS):
        name = TARGET if table is PREDICTIONS else None
        one, other = (each.results.path(FROZEN.run_id, table, name) for each in (calm, place))
        if other.exists() and other != path:
            assert other.read_bytes() == one.read_bytes()


def _undamaged(stages: Disturbances, file: str) -> bytes:
    (path,) = stages.course("sanity").before.glob(file)
    return path.read_bytes()


@pytest.mark.parametrize(("stage", "split"), READERS.items())
def test_a_flipped_bit_in_a_cached_image_is_found_by_the_stage_that_reads_it(
    stages: Disturbances, stage: str, split: str
) -> None:
    place = stages.fresh(stage)
    dataset = place.data.dataset(SOURCE)
    row = dataset.manifest.with_row_index().filter(split=split)["index"][-1]
    path, _ = place.data.cache_paths(dataset, IMAGE)
    flip(path, (row - dataset.manifest.height) * IMAGE.size**2)

    with pytest.raises(CxrError, match=rf"{path.name}, row {row}: .*are not what was decoded"):
        run_stage(stage, place)

    path.unlink()  # as the sentence says
    run_stage("cache", place)
    goes_on(stages, stage, place)


@pytest.mark.parametrize("name", [SOURCE, TARGET])
def test_a_flipped_bit_in_features_is_found_by_the_stage_that_reads_them(
    stages: Disturbances, name: str
) -> None:
    """Two runs lose their predictions, which are made again from the features that are there."""
    place = stages.fresh("bundle")
    for run_id in (FROZEN.run_id, OTHER.run_id):
        shutil.rmtree(place.results.root / "runs" / run_id / "predictions")
    (path,) = (place.data.folder(name) / "features").glob("*.npy")
    flip(path)

    with pytest.raises(CxrError, match=rf"{path.name}: is not what was written"):
        run_stage("predict", place)

    path.unlink()  # as the sentence says
    run_stage("predict", place)
    goes_on(stages, "bundle", place)


@pytest.mark.parametrize("stage", SHARED)
def test_two_processes_on_one_store_share_it_or_wait(stages: Disturbances, stage: str) -> None:
    place = stages.fresh(stage)
    words = [place.root.parent / f"{place.root.name}-{k}.words" for k in range(2)]

    both = [stages.start(work, stage, place, Trouble(), each) for each in words]
    for process in both:
        process.join()

    assert any(process.exitcode == 0 for process in both), [each.read_text() for each in words]
    for process, told in zip(both, words, strict=True):
        assert process.exitcode == 0 or "is in use by another" in told.read_text(), told.read_text()
    goes_on(stages, stage, place)


@pytest.mark.skipif(not IS_LONG, reason="a part of make faults")
def test_a_run_is_not_removed_while_it_is_trained(
    stages: Disturbances, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = stages.fresh("train tuned")
    words = Path(f"{place.root}.words")
    process = stages.start(work, "train tuned", place, Trouble(), words)
    where = ("--results", str(place.results.root))
    monkeypatch.setattr("sys.argv", ["cxr", "runs", "remove", TUNED.run_id, "--yes", *where])
    while process.is_alive() and TUNED.run_id not in place.results.run_ids():
        pass
    with pytest.raises(SystemExit) as stop:
        run_cxr()
    process.join()

    assert stop.value.code == 1
    assert process.exitcode == 0, words.read_text()
    assert state_of(place.results.record(TUNED.run_id), None) == State.DONE
