"""What the missing steps of a grid will cost, from what earlier runs took."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from core.bench.plan import Cell, State, Step
from core.records import RunRecord
from core.specs import RunSpec

TRAINING = ("features", "tuning", "heads")
"""The seconds of a record that are its training."""


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


def cell_seconds(
    cells: Sequence[Cell],
    jobs: Sequence[Sequence[RunSpec]],
    records: Sequence[RunRecord],
    num_images: Mapping[str, int],
) -> Mapping[str, float | None]:
    """Seconds that each cell still needs, by run id; None where a step was never measured."""
    of_run = {cell.spec.run_id: cell for cell in cells}
    found: dict[str, float | None] = {}
    for job in jobs:
        here = [of_run[spec.run_id] for spec in job]
        has_features = any(cell.state == State.DONE for cell in here)
        for number, cell in enumerate(cell for cell in here if cell.missing):
            is_first = number == 0 and not has_features
            each = [
                step_seconds(cell, step, is_first, records, num_images) for step in cell.missing
            ]
            known = [seconds for seconds in each if seconds is not None]
            found[cell.spec.run_id] = sum(known) if len(known) == len(each) else None
    return found


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
