"""The result store: one folder per run, and the record that says what the run is."""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import polars as pl

from core.errors import ConfigError, DataError
from core.lookup import unknown
from core.records import Entry, ImportRecord, RunRecord, RunStatus
from core.store.atomic import write_text
from core.store.locks import locked, owner
from core.store.parquet import read_table, write_table
from core.store.provenance import now
from core.store.seal import unsealed, with_seal
from core.tables import (
    AGREEMENT,
    CURVES,
    HEATMAPS,
    LOCALISATION,
    MATCHINGS,
    METRICS,
    PREDICTIONS,
    REGIONS,
    REPLICATES,
    SANITY,
    THRESHOLDS,
    Table,
)

PER_RUN = (
    METRICS,
    REPLICATES,
    THRESHOLDS,
    MATCHINGS,
    CURVES,
    LOCALISATION,
    REGIONS,
    AGREEMENT,
    SANITY,
)
PER_DATASET = (PREDICTIONS, HEATMAPS)


class ResultStore:
    """The folder `results/`: runs/<run_id>/ and published/."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, run_id: str) -> Path:
        """Where a run's files lie."""
        return self.root / "runs" / run_id

    @property
    def jobs_folder(self) -> Path:
        """Where jobs on a cluster leave their logs."""
        return self.root / "slurm"

    def run_ids(self) -> tuple[str, ...]:
        """All runs that have a record, sorted."""
        return tuple(sorted(path.parent.name for path in self.root.glob("runs/*/run.json")))

    def record(self, run_id: str) -> RunRecord:
        """What a run is and where it stands.

        Raises:
            ConfigError: If there is no such run.
            DataError: If its record is damaged.
        """
        if run_id not in self.run_ids():
            known = (*self.run_ids(), *self.import_ids())
            raise ConfigError(f"{unknown(run_id, known, 'run')} (in {self.root}/runs)")
        path = self.folder(run_id) / "run.json"
        try:
            return RunRecord.model_validate_json(unsealed(path.read_bytes()))
        except (ValueError, OSError) as error:
            raise DataError(f"{path}: this run record cannot be read; train it anew.") from error

    def write_record(self, record: RunRecord) -> None:
        """Write a run's record."""
        path = self.folder(record.run_id) / "run.json"
        write_text(path, with_seal(record.model_dump_json(indent=2)))

    def references(self, source: str | None) -> "ResultStore":
        """The store of reference rows, which look at no image, fitted on a source or on none."""
        return ResultStore(self.root / "reference" / (source or "_no_source"))

    def import_ids(self) -> tuple[str, ...]:
        """The runs whose predictions were made elsewhere, sorted."""
        return tuple(sorted(path.parent.name for path in self.root.glob("runs/*/import.json")))

    def entry(self, run_id: str) -> Entry:
        """The record of a run, trained here or imported.

        Raises:
            ConfigError: If there is no such run.
            DataError: If its record is damaged.
        """
        if run_id not in self.import_ids():
            return self.record(run_id)
        path = self.folder(run_id) / "import.json"
        try:
            return ImportRecord.model_validate_json(unsealed(path.read_bytes()))
        except (ValueError, OSError) as error:
            raise DataError(f"{path}: this record cannot be read; import it anew.") from error

    def write_import(self, record: ImportRecord) -> None:
        """Write the record of an imported run."""
        path = self.folder(record.run_id) / "import.json"
        write_text(path, with_seal(record.model_dump_json(indent=2)))

    def done(self) -> tuple[str, ...]:
        """The runs that were trained to the end."""
        return tuple(
            run_id for run_id in self.run_ids() if self.record(run_id).status == RunStatus.DONE
        )

    def locked(self, run_id: str) -> AbstractContextManager[None]:
        """Hold a run for this process."""
        return locked(self.folder(run_id))

    def owner(self, run_id: str) -> str | None:
        """Who is at work on a run ("process 12 on host since …"); None where nobody is."""
        return owner(self.folder(run_id))

    def sweep(self, run_id: str) -> None:
        """Remove what writers that were killed left half-written; only for who holds the run."""
        for path in self.folder(run_id).rglob(".*.tmp"):
            path.unlink()

    def path(self, run_id: str, table: Table, dataset: str | None = None) -> Path:
        """Where a run's table lies; predictions and heatmaps have one file per data set."""
        if dataset is None:
            return self.folder(run_id) / f"{table.name}.parquet"
        return self.folder(run_id) / table.name / f"{dataset}.parquet"

    def has(self, run_id: str, table: Table, dataset: str | None = None) -> bool:
        """Whether a run has this table."""
        return self.path(run_id, table, dataset).exists()

    def datasets_with(self, run_id: str, table: Table) -> tuple[str, ...]:
        """The data sets that a run has this table of, sorted."""
        folder = self.folder(run_id) / table.name
        return tuple(sorted(path.stem for path in folder.glob("*.parquet")))

    def read(self, run_id: str, table: Table, dataset: str | None = None) -> pl.DataFrame:
        """A run's table; without rows where the run has none.

        Raises:
            DataError: If the file is damaged.
        """
        path = self.path(run_id, table, dataset)
        return read_table(path, table) if path.exists() else table.empty()

    def write(
        self, run_id: str, table: Table, frame: pl.DataFrame, dataset: str | None = None
    ) -> None:
        """Write a run's table, traced to the run and the hashes of what it was made from.

        Raises:
            DataError: If the frame breaks the table's schema or rules.
        """
        provenance = {"run_id": run_id, "hashes": self.entry(run_id).hashes}
        write_table(self.path(run_id, table, dataset), table, frame, provenance)

    def replace_dataset(self, run_id: str, table: Table, frame: pl.DataFrame, dataset: str) -> None:
        """Put `frame` in the place of a table's rows of one data set.

        Raises:
            DataError: If the frame breaks the table's schema or rules.
        """
        kept = self.read(run_id, table).filter(pl.col("dataset") != dataset)
        new = table.checked(frame, table.name)
        self.write(run_id, table, pl.concat([kept, new]))

    def trained(self, run_id: str) -> RunRecord:
        """The record of a run that was trained to the end.

        Raises:
            ConfigError: If there is no such run, or it is not done.
            DataError: If its record is damaged.
        """
        record = self.record(run_id)
        if record.status != RunStatus.DONE:
            reason = f" ({record.error})" if record.error else ""
            raise ConfigError(
                f"Run {run_id} is {record.status}, not done{reason}; train it to the end first."
            )
        return record

    def finished(self, run_id: str) -> Entry:
        """The record of a run that was trained to the end, or imported.

        Raises:
            ConfigError: If there is no such run, or it is not done.
            DataError: If its record is damaged.
        """
        return self.entry(run_id) if run_id in self.import_ids() else self.trained(run_id)

    def head_path(self, run_id: str) -> Path:
        """Where a run's linear head lies (safetensors)."""
        return self.folder(run_id) / "head.safetensors"

    def adapter_path(self, run_id: str) -> Path:
        """Where a run's adapter lies (safetensors)."""
        return self.folder(run_id) / "adapter.safetensors"

    def backbone_path(self, run_id: str) -> Path:
        """Where a run's backbone lies, if it was tuned (safetensors)."""
        return self.folder(run_id) / "backbone.safetensors"

    def checkpoint_path(self, run_id: str) -> Path:
        """Where a run's training stage stands, until the run is done (safetensors)."""
        return self.folder(run_id) / "checkpoint.safetensors"

    def log(self, run_id: str, event: Mapping[str, object]) -> None:
        """Add an event to a run's log.jsonl: one line, with the time."""
        line = json.dumps({"time": now()} | dict(event))
        with (self.folder(run_id) / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(line + "\n")
