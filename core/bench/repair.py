"""Making anew what of a run is damaged or gone, and nothing else."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from core.bench.work import Stores
from core.errors import CxrError, Interrupted
from core.progress import Progress, silent
from core.records import Entry, ImportRecord, RunRecord, RunStatus
from core.stages import cache, evaluate, explain, predict, train
from core.stages.verify import ASIDE, WEIGHTS, Fault, Kind, verify_run
from core.tables import (
    AGREEMENT,
    CURVES,
    HEATMAPS,
    LOCALISATION,
    MATCHINGS,
    METRICS,
    PREDICTIONS,
    REPLICATES,
    SANITY,
    THRESHOLDS,
)

_MEASURED = frozenset(table.name for table in (METRICS, REPLICATES, THRESHOLDS, MATCHINGS))
_COMMANDS = {LOCALISATION.name: "localise", AGREEMENT.name: "agree", SANITY.name: "sanity"}


@dataclass(frozen=True)
class Repaired:
    """What a repair did.

    Args:
        faults: What was wrong.
        redone: The steps that were done again, `evaluate nih`.
        left: One sentence for each thing that the user must do.
    """

    faults: tuple[Fault, ...]
    redone: tuple[str, ...]
    left: tuple[str, ...]


@dataclass(frozen=True)
class _Step:
    """One stage to do again, and the command that does it by hand."""

    name: str
    run: Callable[[], object]
    command: str


def repair(run_id: str, stores: Stores, progress: Progress = silent) -> Repaired:
    """Move the damaged files of a run aside and run the stages that make them.

    What cannot be made here (another's predictions, data that are absent) is named with the
    command that makes it.

    Raises:
        BusyError: If another process is at work on the run.
        Interrupted: If a signal asked to stop.
    """
    results = stores.results
    with results.locked(run_id):
        faults = tuple(verify_run(results, run_id))
        entry = _entry(run_id, stores)
        if entry is None:
            _move_aside(faults)
            again = "run the command that made it again (cxr train …, cxr bench …)"
            return Repaired(faults, (), (f"{run_id}: its settings are lost; {again}.",))
        measured = _Measured.of(stores, entry)
        _move_aside(faults)
        results.sweep(run_id)
        steps, left = _steps(faults, entry, measured, stores, progress)
        redone: list[str] = []
        for step in steps:
            try:
                step.run()
            except Interrupted:
                raise
            except CxrError as error:
                left.append(f"{step.command}: {error}")
            else:
                redone.append(step.name)
    return Repaired(faults, tuple(redone), tuple(left))


@dataclass(frozen=True)
class _Measured:
    """How a run was evaluated, from what is still whole of it."""

    targets: tuple[str, ...]
    num_resamples: int
    request: evaluate.EvaluateRequest

    @classmethod
    def of(cls, stores: Stores, entry: Entry) -> "_Measured":
        results, frames = stores.results, list[pl.DataFrame]()
        for table in (METRICS, REPLICATES):
            try:
                frames.append(results.read(entry.run_id, table))
            except CxrError:
                continue  # it is what is repaired
        marks = (each.partition(" ") for each in entry.hashes)
        names = [name for stage, _, name in marks if stage == "evaluate"]
        names += [name for frame in frames for name in frame["dataset"].unique()]
        names += results.datasets_with(entry.run_id, PREDICTIONS) if not names else []
        targets = sorted({name for name in names if name != entry.source})
        whole = next((frame for frame in frames if frame.height), None)
        if whole is None:
            return cls(tuple(targets), evaluate.NUM_RESAMPLES, evaluate.EvaluateRequest())
        groups = whole["subgroup"].unique().to_list()
        num_resamples = (
            int(whole["n_resamples"].max() or 0)  # pyright: ignore[reportArgumentType]
            if "n_resamples" in whole.columns
            else int(whole["values"].list.len().max() or 0)  # pyright: ignore[reportArgumentType]
        )
        request = evaluate.EvaluateRequest(
            policies=tuple(whole["policy"].drop_nulls().unique(maintain_order=True)),
            subgroups=len(groups) > 1,
            intersections=any(" & " in group for group in groups),
            weightings=whole["weighting"].n_unique() > 1,
        )
        return cls(tuple(targets), num_resamples, request)


def _entry(run_id: str, stores: Stores) -> Entry | None:
    try:
        return stores.results.entry(run_id)
    except CxrError:
        return None


def _move_aside(faults: Sequence[Fault]) -> None:
    for path in dict.fromkeys(each.path for each in faults if each.kind == Kind.DAMAGED):
        path.replace(path.with_name(path.name + ASIDE))


def _steps(
    faults: Sequence[Fault],
    entry: Entry,
    measured: _Measured,
    stores: Stores,
    progress: Progress,
) -> tuple[list[_Step], list[str]]:
    """What must be done again, in order; and sentences on what cannot be done here."""
    bad = [each.path for each in faults if each.kind != Kind.LEFT_OVER]
    steps, left = list[_Step](), list[str]()
    is_trained_here = isinstance(entry, RunRecord)
    if isinstance(entry, RunRecord) and any(_is_of_training(path) for path in bad):
        steps.append(_training(entry, stores, progress))
    for name in _datasets(bad, PREDICTIONS.name):
        if is_trained_here:
            steps.append(_prediction(entry, name, stores, progress))
        else:
            left.append(
                f"cxr import-predictions FILE --name {entry.run_id} --dataset {name} is still to "
                "be run: the predictions were made elsewhere."
            )
    if any(path.stem in _MEASURED for path in bad):
        steps += (_evaluation(entry, name, measured, stores) for name in measured.targets)
    for name in _datasets(bad, HEATMAPS.name):
        steps.append(_maps(entry, name, stores, progress))
    for path in bad:
        if command := _COMMANDS.get(path.stem):
            left.append(f"cxr {command} {entry.run_id} --dataset NAME is still to be run.")
    return steps, left


def _is_of_training(path: Path) -> bool:
    return path.stem in (*WEIGHTS, CURVES.name)


def _datasets(bad: Sequence[Path], table: str) -> Iterator[str]:
    """The data sets whose file of a table is bad, or a part of it."""
    found = (path if path.parent.name == table else path.parent for path in bad)
    return iter(sorted({path.stem for path in found if path.parent.name == table}))


def _training(record: RunRecord, stores: Stores, progress: Progress) -> _Step:
    def again() -> None:
        data, results = stores.data, stores.results
        train.check(record.spec, data, results)
        cache.run(data, record.spec.source, record.spec.image, progress)
        results.write_record(record.model_copy(update={"status": RunStatus.PLANNED}))
        try:
            made = train.run(record.spec, data, results, progress)
        except BaseException:
            results.write_record(record)
            raise
        # The same weights: what was made with them holds.
        same = all(made.hashes.get(name) == record.hashes.get(name) for name in WEIGHTS)
        kept = record.hashes if same else {}
        told = {"datasets": record.datasets | made.datasets, "contaminated": record.contaminated}
        results.write_record(made.model_copy(update={"hashes": kept | made.hashes} | told))
        if not same:
            raise CxrError("was run, but the weights differ now; predict and score it again.")

    return _Step(f"train {record.source}", again, f"cxr train (run {record.run_id})")


def _prediction(entry: Entry, name: str, stores: Stores, progress: Progress) -> _Step:
    def again() -> None:
        assert isinstance(entry, RunRecord)
        cache.run(stores.data, name, entry.spec.image, progress)
        predict.run(entry.run_id, name, stores.data, stores.results, progress)

    return _Step(f"predict {name}", again, f"cxr eval {entry.run_id} --target {name}")


def _evaluation(entry: Entry, name: str, measured: _Measured, stores: Stores) -> _Step:
    def again() -> None:
        number, request = measured.num_resamples, measured.request
        evaluate.run(entry.run_id, name, stores.data, stores.results, number, request)

    return _Step(f"evaluate {name}", again, f"cxr eval {entry.run_id} --target {name}")


def _maps(entry: Entry, name: str, stores: Stores, progress: Progress) -> _Step:
    command = f"cxr explain {entry.run_id} --dataset {name}"

    def again() -> None:
        _, _, limit = entry.hashes.get(f"explain {name}", "").partition("-")
        if isinstance(entry, ImportRecord) or not limit.isdigit():
            raise CxrError("how many maps there were is not recorded.")
        wanted = explain.ExplainRequest(limit=int(limit))
        explain.run(entry.run_id, name, wanted, stores.data, stores.results, progress)

    return _Step(f"explain {name}", again, command)
