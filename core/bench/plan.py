"""What of a grid exists, and what is missing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple

from core.records import RunRecord, RunStatus
from core.specs import RunSpec
from core.store.results import ResultStore

NUM_RESAMPLES = 1000


class Step(NamedTuple):
    """One stage of a cell, on one data set."""

    stage: Literal["train", "predict", "evaluate", "explain"]
    dataset: str

    @property
    def name(self) -> str:
        """`evaluate nih`: its key in the seconds and hashes of a run record."""
        return f"{self.stage} {self.dataset}"


@dataclass(frozen=True)
class Request:
    """What is wanted of every cell.

    Args:
        source: What is trained on.
        targets: What is predicted and scored.
        num_explained: Images of each target whose maps are made; None for no maps.
        num_resamples: Bootstrap replicates for the intervals.
    """

    source: str
    targets: tuple[str, ...]
    num_explained: int | None = None
    num_resamples: int = NUM_RESAMPLES

    @property
    def datasets(self) -> tuple[str, ...]:
        """All data sets, the source first."""
        return (self.source, *self.targets)

    @property
    def steps(self) -> tuple[Step, ...]:
        """What follows the training, in order."""
        predicted = (Step("predict", name) for name in self.datasets)
        scored = (Step("evaluate", name) for name in self.targets)
        targets = self.targets if self.num_explained is not None else ()
        return (*predicted, *scored, *(Step("explain", name) for name in targets))


@dataclass(frozen=True)
class Indexed:
    """A data set as it is indexed now.

    Args:
        hash: Of its manifest.
        num_images: In its manifest.
    """

    hash: str
    num_images: int


class State(StrEnum):
    """Where a cell stands."""

    NEW = "new"
    PLANNED = "planned"
    RUNNING = "running"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True)
class Cell:
    """A run of a grid, as it stands.

    Args:
        spec: The run.
        state: Of its training, or `running` while a process is at work on it.
        missing: The steps that are still to be done, in their order.
        owner: The process that is at work on it.
        record: Its record, if it has one.
    """

    spec: RunSpec
    state: State
    missing: tuple[Step, ...]
    owner: str | None = None
    record: RunRecord | None = None

    @property
    def error(self) -> str | None:
        """Why it failed."""
        return self.record.error if self.record else None


def state_of(record: RunRecord | None, owner: str | None) -> State:
    """Where a run stands, by its record and by who holds it.

    A run whose record says that it is running, and that nobody holds, was interrupted.
    """
    if owner is not None:
        return State.RUNNING
    if record is None:
        return State.NEW
    if record.status == RunStatus.RUNNING:
        return State.INTERRUPTED
    return State(record.status.value)


def plan(
    specs: Sequence[RunSpec],
    request: Request,
    datasets: Mapping[str, Indexed],
    results: ResultStore,
) -> tuple[Cell, ...]:
    """The cells of a grid as they stand.

    Args:
        specs: The runs.
        request: What is wanted of each.
        datasets: The source and the targets by name.
        results: What exists.

    Raises:
        DataError: If a record is damaged.
    """
    known = frozenset(results.run_ids())
    cells: list[Cell] = []
    for spec in specs:
        record = results.record(spec.run_id) if spec.run_id in known else None
        owner = results.owner(spec.run_id)
        missing = tuple(_missing(record, request, datasets))
        cells.append(Cell(spec, state_of(record, owner), missing, owner, record))
    return tuple(cells)


def _missing(
    record: RunRecord | None, request: Request, datasets: Mapping[str, Indexed]
) -> Iterator[Step]:
    """Every step if the run is not trained, else those that do not bear their mark."""
    if record is None or record.status != RunStatus.DONE:
        yield Step("train", request.source)
        yield from request.steps
        return
    for step in request.steps:
        if record.hashes.get(step.name) != mark(step, request, datasets):
            yield step


def mark(step: Step, request: Request, datasets: Mapping[str, Indexed]) -> str:
    """What a step was done on and at which size.

    Kept in the hashes of the run record once the step is done to the end: its results lie in
    several tables, of which a kill may leave some.
    """
    sizes = {"evaluate": request.num_resamples, "explain": request.num_explained}
    size = sizes.get(step.stage)
    return datasets[step.dataset].hash + ("" if size is None else f"-{size}")
