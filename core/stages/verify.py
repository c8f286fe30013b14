"""Whether the stores still hold what was written: every hash again, every file that should be.

A file is damaged when it differs in a bit from what was written, or cannot be read; missing when
the record or another table says that it should be there; left over when a process that was killed
left it, which harms nobody.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import polars as pl

from core.errors import CxrError
from core.imaging.verify import damaged_rows
from core.records import Entry, ImportRecord, RunRecord, RunStatus
from core.store import DataStore, ResultStore
from core.store.arrays import memory_map
from core.store.hashed import is_hashed
from core.store.notes import NoteStore
from core.store.parquet import file_hash, read_provenance, read_table, table_name
from core.store.seal import is_whole
from core.tables import (
    CURVES,
    HEATMAPS,
    IMAGES,
    METRICS,
    PREDICTIONS,
    REPLICATES,
    TABLES,
    THRESHOLDS,
)

WEIGHTS = ("head", "adapter", "backbone")
ASIDE = ".damaged"
"""Suffix of damaged files that a repair moved aside."""


class Kind(StrEnum):
    """What is wrong with a file."""

    DAMAGED = "damaged"
    MISSING = "missing"
    LEFT_OVER = "left over"


@dataclass(frozen=True)
class Fault:
    """One file that is not as it should be.

    Args:
        owner: The run or data set whose file it is.
        path: The file.
        kind: What is wrong.
        reason: A sentence.
    """

    owner: str
    path: Path
    kind: Kind
    reason: str


def verify_run(results: ResultStore, run_id: str) -> Iterator[Fault]:
    """Every fault of a run that nobody is at work on."""
    folder = results.folder(run_id)
    entry: Entry | None = None
    try:
        entry = results.entry(run_id)
    except CxrError as error:
        path = _record_path(folder)
        yield Fault(run_id, path, Kind.DAMAGED if path.exists() else Kind.MISSING, str(error))
    if entry is not None:
        yield from _missing(results, entry)
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        if path.suffix == ".tmp":
            yield Fault(run_id, path, Kind.LEFT_OVER, f"{path}: was never finished; delete it.")
        elif reason := _reason(path, entry):
            yield Fault(run_id, path, Kind.DAMAGED, reason)


def verify_dataset(data: DataStore, name: str) -> Iterator[Fault]:
    """Every fault of a data set's tables, decoded images and features; not of its source files."""
    folder = data.folder(name)
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        if path.suffix == ".tmp":
            yield Fault(name, path, Kind.LEFT_OVER, f"{path}: was never finished; delete it.")
        elif reason := _reason(path, None):
            yield Fault(name, path, Kind.DAMAGED, reason)


def verify_notes(results: ResultStore) -> Iterator[Fault]:
    """Every line of the reviewers' notes that is no note."""
    notes = NoteStore(results.root)
    for reason in notes.read().broken:
        yield Fault("notes", notes.folder, Kind.DAMAGED, reason)


def run_folders(results: ResultStore) -> tuple[str, ...]:
    """Everything that is or was a run, with a record or without."""
    folders = (path for path in results.root.glob("runs/*") if path.is_dir())
    return tuple(sorted(path.name for path in folders if any(path.glob("[!.]*"))))


def tensors_hash(path: Path) -> str:
    """What `core.models.weights.state_hash` says of a safetensors file, without torch.

    Raises:
        ValueError: If its header cannot be read.
        OSError: If there is no such file.
    """
    content = np.memmap(path, np.uint8, "r")
    start = 8 + int.from_bytes(content[:8].tobytes(), "little")
    header = json.loads(content[8:start].tobytes())
    digest = hashlib.sha256()
    for name in sorted(header.keys() - {"__metadata__"}):
        first, end = header[name]["data_offsets"]
        digest.update(name.encode())
        digest.update(content[start + first : start + end].data)
    return digest.hexdigest()[:16]


def _record_path(folder: Path) -> Path:
    imported = folder / "import.json"
    return imported if imported.exists() else folder / "run.json"


def _reason(path: Path, entry: Entry | None) -> str | None:
    """Why a file is not to be trusted; None where nothing speaks against it."""
    try:
        match path.suffix:
            case ".parquet":
                return _table_fault(path)
            case ".npy" if not path.name.startswith("."):
                return _array_fault(path)
            case ".safetensors" if path.stem in WEIGHTS and isinstance(entry, RunRecord):
                return _weights_fault(path, entry)
            case ".safetensors":
                return f"{path}: is not what was written." if is_whole(path) is False else None
            case _:
                return None
    except CxrError as error:
        return str(error)
    except (ValueError, KeyError, TypeError, OSError) as error:
        return f"{path}: cannot be read ({error})."


def _table_fault(path: Path) -> str | None:
    if is_whole(path) is False:
        return f"{path}: is not what was written."
    name = table_name(path)
    if name not in TABLES:
        return f"{path}: says that it holds {name!r}, which is no table of this version of cxr."
    table = TABLES[name]
    frame = table.checked(read_table(path, table), path)
    array = path.with_suffix(".npy")
    if table is IMAGES and array.exists():
        rows = damaged_rows(memory_map(array, np.uint8), frame)
        return next((f"{array}, {row}" for row in rows), None)
    return None


def _array_fault(path: Path) -> str | None:
    if is_hashed(path) is False:
        return f"{path}: is not what was written; remove it and run again."
    memory_map(path, np.uint8 if path.name.startswith("images-") else np.float32)
    return None


def _weights_fault(path: Path, record: RunRecord) -> str | None:
    expected = record.hashes.get(path.stem)
    if expected is None:
        return None  # of a training that goes on, or began anew
    found = file_hash(path) if path.stem == "head" else tensors_hash(path)
    return None if found == expected else f"{path}: is not the {path.stem} that the run wrote."


def _missing(results: ResultStore, entry: Entry) -> Iterator[Fault]:
    for path in _expected(results, entry):
        if not path.exists():
            yield Fault(
                entry.run_id, path, Kind.MISSING, f"{path}: the run had it, and it is gone."
            )
    yield from _unmeasured(results, entry)


def _expected(results: ResultStore, entry: Entry) -> Iterable[Path]:
    """The files that a run's record speaks of."""
    run_id = entry.run_id
    if isinstance(entry, ImportRecord):
        return [results.path(run_id, PREDICTIONS, name) for name in entry.hashes]
    if entry.status != RunStatus.DONE:
        return []
    weights = {
        "head": results.head_path(run_id),
        "adapter": results.adapter_path(run_id),
        "backbone": results.backbone_path(run_id),
    }
    paths = [path for name, path in weights.items() if name in entry.hashes]
    paths.append(results.path(run_id, CURVES))
    for mark in entry.hashes:
        stage, _, name = mark.partition(" ")
        if table := {"predict": PREDICTIONS, "explain": HEATMAPS}.get(stage):
            paths.append(results.path(run_id, table, name))
    measured = (METRICS, REPLICATES, THRESHOLDS)
    if any(mark.startswith("evaluate ") for mark in entry.hashes) or any(
        results.has(run_id, table) for table in measured
    ):
        paths += [results.path(run_id, table) for table in measured]
    return paths


def _unmeasured(results: ResultStore, entry: Entry) -> Iterator[Fault]:
    """Data sets that were evaluated, and of which the metrics hold nothing."""
    path = results.path(entry.run_id, METRICS)
    marked = [mark.removeprefix("evaluate ") for mark in entry.hashes if "evaluate " in mark]
    if not marked or is_damaged(path):
        return
    found = set(pl.read_parquet(path, columns=["dataset"])["dataset"])
    for name in marked:
        if name not in found:
            reason = f"{path}: holds nothing of {name}, which was evaluated."
            yield Fault(entry.run_id, path, Kind.MISSING, reason)


def is_damaged(path: Path) -> bool:
    """Whether a metrics table is missing or cannot be read."""
    try:
        read_provenance(path, METRICS)
        read_table(path, METRICS)
    except CxrError:
        return True
    return False
