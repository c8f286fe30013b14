"""The result store: one folder per run, and the record that says what the run is."""

from contextlib import AbstractContextManager
from pathlib import Path

import polars as pl
from pydantic import ValidationError

from core.errors import ConfigError, DataError
from core.lookup import unknown
from core.records import RunRecord, RunStatus
from core.store.atomic import locked, write_text
from core.store.parquet import read_table, write_table
from core.tables import CURVES, HEATMAPS, METRICS, PREDICTIONS, REPLICATES, THRESHOLDS, Table

PER_RUN = (METRICS, REPLICATES, THRESHOLDS, CURVES)
PER_DATASET = (PREDICTIONS, HEATMAPS)


class ResultStore:
    """The folder `results/`: runs/<run_id>/ and published/."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, run_id: str) -> Path:
        """Where a run's files lie."""
        return self.root / "runs" / run_id

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
            raise ConfigError(f"{unknown(run_id, self.run_ids(), 'run')} (in {self.root}/runs)")
        path = self.folder(run_id) / "run.json"
        try:
            return RunRecord.model_validate_json(path.read_bytes())
        except (ValidationError, OSError) as error:
            raise DataError(f"{path}: this run record cannot be read; train it anew.") from error

    def write_record(self, record: RunRecord) -> None:
        """Write a run's record."""
        path = self.folder(record.run_id) / "run.json"
        write_text(path, record.model_dump_json(indent=2) + "\n")

    def done(self) -> tuple[str, ...]:
        """The runs that were trained to the end."""
        return tuple(
            run_id for run_id in self.run_ids() if self.record(run_id).status == RunStatus.DONE
        )

    def locked(self, run_id: str) -> AbstractContextManager[None]:
        """Hold a run for this process."""
        return locked(self.folder(run_id))

    def path(self, run_id: str, table: Table, dataset: str | None = None) -> Path:
        """Where a run's table lies; predictions and heatmaps have one file per data set."""
        if dataset is None:
            return self.folder(run_id) / f"{table.name}.parquet"
        return self.folder(run_id) / table.name / f"{dataset}.parquet"

    def has(self, run_id: str, table: Table, dataset: str | None = None) -> bool:
        """Whether a run has this table."""
        return self.path(run_id, table, dataset).exists()

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
        provenance = {"run_id": run_id, "hashes": self.record(run_id).hashes}
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

    def head_path(self, run_id: str) -> Path:
        """Where a run's linear head lies (safetensors)."""
        return self.folder(run_id) / "head.safetensors"
