"""What one report is about: a target, the runs on it, and what of them may be told."""

from dataclasses import dataclass
from functools import cached_property

from core.errors import ConfigError
from core.lookup import unknown
from core.records import DatasetRecord, RunRecord
from core.report.board import HEADLINE, Board, board
from core.report.comparison import Compared, compare_estimates
from core.report.estimates import Asked, stored_estimates
from core.store.data import Dataset, DataStore
from core.store.results import ResultStore
from core.tables import METRICS

SPLIT = "test"


@dataclass(frozen=True)
class Subject:
    """The subject of a report.

    Args:
        data: Holds manifests, boxes and images; it may lack the target.
        results: Holds the runs.
        board: The target's leaderboard.
        is_public: Whether the report is to leave this machine.
    """

    data: DataStore
    results: ResultStore
    board: Board
    is_public: bool

    @property
    def target(self) -> str:
        """The target's name."""
        return self.board.dataset

    @cached_property
    def datasets(self) -> dict[str, DatasetRecord]:
        """The data sets behind the numbers, by name: the target and every source."""
        # A target may be a data set under an overlay's labels, TARGET@OVERLAY.
        whole = self.target.partition("@")[0]
        names = (self.target, whole, *(row.record.source for row in self.board.rows))
        return {
            name: each
            for row in self.board.rows
            for name, each in row.record.datasets.items()
            if name in names
        }

    @cached_property
    def is_restricted(self) -> bool:
        """Whether credentialed data stand behind any number of the report."""
        runs = (row.record.restricted for row in self.board.rows)
        return any(runs) or any(each.restricted for each in self.datasets.values())

    @property
    def is_closed(self) -> bool:
        """Whether small cells are withheld."""
        return self.is_public and self.is_restricted

    @cached_property
    def marks(self) -> dict[str, str]:
        """Run to the short name that tables call it by: R1, R2 … ranked, U1, U2 … unranked."""
        ranked = {row.record.run_id: f"R{place}" for place, row in enumerate(self.board.ranked, 1)}
        apart = {
            each.row.record.run_id: f"U{place}" for place, each in enumerate(self.board.apart, 1)
        }
        return ranked | apart

    @property
    def trained(self) -> list[RunRecord]:
        """The records of the runs that were trained here."""
        return [row.record for row in self.board.rows if isinstance(row.record, RunRecord)]

    @cached_property
    def compared(self) -> Compared | None:
        """All ranked runs in pairs on macro AUROC; None where there are fewer than two."""
        ranked = [
            row.record.run_id
            for row in self.board.ranked
            if row.numbers[HEADLINE].value is not None
        ]
        if len(ranked) < 2:
            return None
        asked = Asked(self.target)
        estimates = {each: stored_estimates(self.results, each, asked) for each in ranked}
        return compare_estimates(self.results, asked, estimates)

    def indexed(self, name: str) -> Dataset | None:
        """A data set of the report, where the data store has it."""
        return self.data.dataset(name) if name in self.data.names() else None


def subject(
    data: DataStore, results: ResultStore, target: str | None = None, is_public: bool = False
) -> Subject:
    """Collect what a report on a target needs.

    Args:
        data: The data store.
        results: The result store.
        target: A data set that runs were evaluated on; may be left out where there is one alone.
        is_public: Whether the report is to leave this machine.

    Raises:
        ConfigError: If no run was evaluated, or not on this target, or on several and none is
            named.
        DataError: If a table is damaged.
    """
    run_ids = (*results.done(), *results.import_ids())
    targets = _targets(results, run_ids)
    if not targets:
        raise ConfigError(
            f"No run in {results.root}/ was evaluated; evaluate first: cxr eval --all --target NAME"
        )
    if target is None and len(targets) > 1:
        raise ConfigError(f"Runs were evaluated on {', '.join(targets)}; name one with --target.")
    chosen = target or targets[0]
    if chosen not in targets:
        raise ConfigError(unknown(chosen, targets, "target"))
    foreign = [run_id for run_id in run_ids if results.entry(run_id).source != chosen]
    return Subject(data, results, board(results, foreign, chosen, SPLIT), is_public)


def _targets(results: ResultStore, run_ids: tuple[str, ...]) -> list[str]:
    """The data sets that a run was evaluated on and not trained on."""
    found: set[str] = set()
    for run_id in run_ids:
        scored = set(results.read(run_id, METRICS).filter(split=SPLIT)["dataset"])
        found |= scored - {results.entry(run_id).source}
    return sorted(found)
