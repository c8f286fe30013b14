"""Predictions that were made elsewhere become a run like any other."""

from dataclasses import dataclass
from pathlib import Path

from core.datasets.predictions import ForeignPredictions, read_predictions
from core.errors import ConfigError
from core.records import ImportRecord
from core.specs import parse
from core.store.data import DataStore
from core.store.parquet import file_hash
from core.store.provenance import git_commit, now
from core.store.results import ResultStore
from core.tables import PREDICTIONS


@dataclass(frozen=True)
class ImportRequest:
    """What is imported.

    Args:
        file: CSV or parquet.
        name: What the run is called.
        dataset: The indexed data set that was predicted.
        source: The data set that the model was fitted on; None where unknown.
        id_column: The column of image ids; found by its name unless given.
    """

    file: Path
    name: str
    dataset: str
    source: str | None = None
    id_column: str | None = None


def run(request: ImportRequest, data: DataStore, results: ResultStore) -> ForeignPredictions:
    """Read, match and store predictions; those of another data set are added to the same run.

    Returns:
        What was matched, and what was not.

    Raises:
        ConfigError: If the data set is not indexed, or the name belongs to another run.
        DataError: If the file breaks its format, or holds no probabilities.
    """
    dataset = data.dataset(request.dataset)
    known = _known(request, results)
    foreign = read_predictions(request.file, dataset.manifest, request.id_column)
    fields = {
        "name": request.name,
        "source": request.source,
        "findings": tuple(map(str, foreign.findings)),
        "hashes": (known.hashes if known else {}) | {dataset.name: file_hash(request.file)},
        "git_commit": git_commit(),
        "datasets": (known.datasets if known else {}) | {dataset.name: dataset.record},
        "created": now(),
    }
    record = parse(ImportRecord, fields, "options")
    _check_same_model(known, record)
    with results.locked(record.run_id):
        results.write_import(record)
        results.write(record.run_id, PREDICTIONS, foreign.frame, dataset.name)
    return foreign


def _known(request: ImportRequest, results: ResultStore) -> ImportRecord | None:
    """What was imported under the name before; None if nothing was."""
    if request.name in results.run_ids():
        raise ConfigError(f"{request.name!r} is a run that was trained here; take another name.")
    entry = results.entry(request.name) if request.name in results.import_ids() else None
    return entry if isinstance(entry, ImportRecord) else None


def _check_same_model(known: ImportRecord | None, record: ImportRecord) -> None:
    if known is None:
        return
    if known.source != record.source:
        raise ConfigError(
            f"{record.name!r} was imported with source {known.source}, not {record.source}; "
            "give the same --source, or another --name."
        )
    if set(known.findings) != set(record.findings):
        raise ConfigError(
            f"{record.name!r} was imported with predictions of {', '.join(known.findings)}, now "
            f"of {', '.join(record.findings)}; import one model under one name."
        )
