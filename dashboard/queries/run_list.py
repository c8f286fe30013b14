"""What the runs are: where each stands, in which settings they differ, and where they come from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from pydantic import BaseModel

from core.records import DatasetRecord, ImportRecord, RunRecord, RunStatus
from core.tables import CURVES
from dashboard.queries.reading import AnyRun, Run, run_table
from dashboard.queries.study_row import scored_places
from dashboard.stores import Stores
from dashboard.typography import NOTHING

_NAMED = frozenset({"backbone", "loss", "tune"})
"""What a run is called by already."""

UNDER_WAY = frozenset({RunStatus.PLANNED, RunStatus.RUNNING})


@dataclass(frozen=True)
class Settings:
    """The settings of several runs, those that differ apart from those that all share.

    Args:
        differing: Name of a setting → its value by run id.
        shared: Name of a setting → the one value.
    """

    differing: Mapping[str, Mapping[str, str]]
    shared: Mapping[str, str]


def settings(runs: Sequence[Run]) -> Settings:
    """In which settings the runs that have them differ, beyond their names."""
    of_run = {run.run_id: dict(flat(run.record.spec)) for run in runs}
    names = dict.fromkeys(name for each in of_run.values() for name in each)
    values = {
        name: {run_id: each[name] for run_id, each in of_run.items() if name in each}
        for name in names
    }
    differs = {name: each for name, each in values.items() if len(set(each.values())) > 1}
    alike = {name: next(iter(each.values())) for name, each in values.items()}
    shared = {
        name: value for name, value in alike.items() if name not in differs and value != NOTHING
    }
    differing = {name: each for name, each in differs.items() if name not in _NAMED}
    return Settings(differing, shared)


def flat(spec: BaseModel, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Settings by dotted name, nested specifications opened."""
    for name in type(spec).model_fields:
        value = getattr(spec, name)
        if isinstance(value, BaseModel):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}".replace("_", " ").replace(".", " "), _text(value)


def _text(value: object) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(_text(each) for each in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def scored_on(run: AnyRun) -> tuple[str, ...]:
    """The data sets that a run has numbers on, its source first."""
    source = run.record.source
    names = {name for name, _ in scored_places(run)}
    return tuple(sorted(names, key=lambda name: (name != source, name)))


def is_under_way(runs: Sequence[Run]) -> bool:
    """Whether any run is still to be finished."""
    return any(run.record.status in UNDER_WAY for run in runs)


def provenance(record: RunRecord) -> dict[str, str]:
    """Everything that a run's numbers can be traced to, by name."""
    weights = record.weights
    facts: dict[str, str | None] = {
        "Started": record.created,
        "Commit": record.git_commit,
        "Device": record.device,
        "Initial weights": f"{weights.kind}: {weights.origin}" if weights else None,
        "Hash of the weights": weights.sha256 if weights else None,
        "Data sets": "; ".join(
            _described(record.datasets[name]) for name in sorted(record.datasets)
        ),
        "Chosen on source validation": ", ".join(
            f"{name.replace('_', ' ').replace('map', 'mAP')} {value:.4g}"
            for name, value in record.selected.items()
        ),
        "Findings trained": str(len(record.trained_findings) or NOTHING),
        "Seconds": ", ".join(f"{stage} {value:.1f}" for stage, value in record.seconds.items()),
        "Hashes": ", ".join(f"{name} {value}" for name, value in record.hashes.items()),
        "Versions": ", ".join(f"{name} {value}" for name, value in record.versions.items()),
        "Specification": record.spec.digest(16),
    }
    return {name: value or NOTHING for name, value in facts.items()}


def origin(record: ImportRecord) -> dict[str, str]:
    """What is known of a run whose predictions were made elsewhere, by name."""
    facts: dict[str, str | None] = {
        "Predictions": "imported: how they were made is not known here",
        "Source, as the user said": record.source,
        "Findings predicted": str(len(record.findings)),
        "Data sets": "; ".join(
            _described(record.datasets[name]) for name in sorted(record.datasets)
        ),
        "Hashes of the files": ", ".join(
            f"{name} {value}" for name, value in record.hashes.items()
        ),
        "Read at": record.created,
        "Commit": record.git_commit,
    }
    return {name: value or NOTHING for name, value in facts.items()}


def _described(record: DatasetRecord) -> str:
    return f"{record.name} ({record.split_name}; {record.labeller})"


def training_curves(stores: Stores, run_id: str) -> pl.DataFrame:
    """A run's curves (`tables.CURVES`); without rows before its first epoch.

    Raises:
        DataError: If the file is damaged.
    """
    return run_table(stores, run_id, CURVES)
