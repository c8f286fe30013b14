"""What the missing steps of a grid will cost: from earlier runs, or from passes of a backbone."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from core.bench.plan import Cell, State, Step
from core.records import RunRecord
from core.specs import RunSpec

TRAINING = ("features", "tuning", "heads")
"""The seconds of a record that are its training."""

FORWARD_AND_BACKWARD = 3
"""Forward passes that a training step takes as long as."""


class Basis(StrEnum):
    """What an estimate rests on."""

    RUNS = "runs alike"
    PASSES = "passes of the backbone alone"


class Cost(NamedTuple):
    """What a cell still needs, as far as can be told."""

    seconds: float
    basis: Basis


def step_seconds(
    cell: Cell,
    step: Step,
    is_first: bool,
    records: Iterable[RunRecord],
    num_images: Mapping[str, int],
) -> float | None:
    """How long a missing step will take on images like those of earlier runs.

    Args:
        cell: Whose step it is.
        step: The step.
        is_first: Whether it is the first of its job: it extracts the features that the others
            find, so its time is that of the slowest alike, theirs that of the quickest.
        records: Runs that were made here.
        num_images: Of every data set that is indexed, by name.

    Returns:
        Seconds; None where no run alike did this step.
    """
    paces = [
        seconds / num_images[source]
        for record in records
        if _is_alike(cell.spec, record.spec)
        for source, seconds in _seconds(record, step, num_images)
    ]
    if not paces:
        return None
    pace = max(paces) if is_first else min(paces)
    return pace * num_images[step.dataset]


def num_passes(spec: RunSpec, step: Step, is_first: bool) -> int:
    """How often a step sends each image of its data set through the backbone.

    Heads, scores and maps are not counted: they take little beside it.

    Args:
        spec: The run.
        step: A step of it.
        is_first: Whether no other run of its job has extracted the features.
    """
    extracts = 1 if is_first or spec.tuning is not None else 0
    match step.stage:
        case "train":
            return extracts + _passes_before_the_head(spec)
        case "predict":
            return extracts if step.dataset != spec.source else 0
        case "evaluate" | "explain":
            return 0


def cell_costs(
    cells: Sequence[Cell],
    jobs: Sequence[Sequence[RunSpec]],
    records: Sequence[RunRecord],
    num_images: Mapping[str, int],
    forward_seconds: Callable[[RunSpec], float],
) -> Mapping[str, Cost]:
    """What each unfinished cell still needs, by run id.

    Args:
        cells: The cells as they stand.
        jobs: The runs that share features.
        records: Runs that were made here.
        num_images: Of every data set that is indexed, by name.
        forward_seconds: Seconds an image through a run's backbone; asked only for steps that no
            run alike did.
    """
    of_run = {cell.spec.run_id: cell for cell in cells}
    found: dict[str, Cost] = {}
    for job in jobs:
        here = [of_run[spec.run_id] for spec in job]
        has_features = any(cell.state == State.DONE for cell in here)
        for number, cell in enumerate(cell for cell in here if cell.missing):
            is_first = number == 0 and not has_features
            total, basis = 0.0, Basis.RUNS
            for step in cell.missing:
                seconds = step_seconds(cell, step, is_first, records, num_images)
                if seconds is None:
                    basis = Basis.PASSES
                    passes = num_passes(cell.spec, step, is_first) * num_images[step.dataset]
                    seconds = passes * forward_seconds(cell.spec) if passes else 0.0
                total += seconds
            found[cell.spec.run_id] = Cost(total, basis)
    return found


def _passes_before_the_head(spec: RunSpec) -> int:
    if spec.tuning is None:
        return 0
    if spec.tune == "none":  # an adapter trains on features of so many views
        return spec.tuning.num_views
    num_views = 1 if spec.contrastive is None else 2
    num_forwards = FORWARD_AND_BACKWARD if spec.tune == "full" else 1
    return spec.tuning.epochs * num_views * num_forwards


def _is_alike(spec: RunSpec, other: RunSpec) -> bool:
    """Whether two runs take as long an image."""
    regimes = [
        (each.backbone, each.regime, each.tuning, each.epochs, each.image.size, each.precision)
        for each in (spec, other)
    ]
    return regimes[0] == regimes[1] and spec.num_threads == other.num_threads


def _seconds(
    record: RunRecord, step: Step, num_images: Mapping[str, int]
) -> Iterator[tuple[str, float]]:
    """Data set and seconds of each time that the record's run did such a step."""
    for name in num_images:
        if step.stage == "train":
            if name == record.spec.source and "heads" in record.seconds:
                yield name, sum(record.seconds.get(stage, 0.0) for stage in TRAINING)
        elif (seconds := record.seconds.get(Step(step.stage, name).name)) is not None:
            yield name, seconds
