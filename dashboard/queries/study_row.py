"""One run of the study's table: its numbers in a place, and what they cover."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from dashboard.queries.cells import HEADLINE, STUDY_COLUMNS, Cell, Place, cells_of
from dashboard.queries.reading import AnyRun
from dashboard.queries.transfer import Span, Transfer, scored_findings
from dashboard.tokens import RunToken

Question = tuple[str | None, int, int | None]
"""Label set, number of images, number of replicates: equal for runs that may be ranked."""


@dataclass(frozen=True)
class Row:
    """One run in the study's table.

    Args:
        run: The run.
        cells: Column label to number; a column without a row in the metrics is left out.
        findings: What its macro averages cover.
        transfer: Source test and gap; None where there are none, or the row is not shown.
        against: Headline minus the baseline's, paired; None likewise.
    """

    run: AnyRun
    cells: Mapping[str, Cell]
    findings: tuple[str, ...]
    transfer: Transfer | None = None
    against: Span | None = None

    @property
    def look(self) -> RunToken:
        """Its mark and names."""
        return self.run.look

    @property
    def is_like_for_like(self) -> bool:
        """Whether source test covers the very findings of the headline number."""
        return self.transfer is not None and self.transfer.findings == self.findings

    @property
    def at_home(self) -> float | None:
        """The headline on source test, where it may stand beside the one here."""
        return self.transfer.at_home.value if self.transfer and self.is_like_for_like else None

    @property
    def cell(self) -> Cell | None:
        """The headline number."""
        return self.cells.get(HEADLINE.label)

    @property
    def value(self) -> float | None:
        """The headline's value."""
        return self.cell.value if self.cell else None


@lru_cache(maxsize=512)
def scored_places(run: AnyRun) -> frozenset[tuple[str, str]]:
    """The data sets and splits that a run has numbers on."""
    return frozenset(run.metrics.select("dataset", "split").unique().iter_rows())


@lru_cache(maxsize=512)
def row_of(run: AnyRun, where: Place) -> Row:
    """A run's numbers in a place, without what needs replicates."""
    by_metric = {
        metric: cells_of(run, where, metric)
        for metric in dict.fromkeys(column.metric for column in STUDY_COLUMNS)
    }
    found = {column.label: by_metric[column.metric].get(column.finding) for column in STUDY_COLUMNS}
    cells = {label: cell for label, cell in found.items() if cell}
    return Row(run, cells, scored_findings(run.metrics, where))


def question(row: Row) -> Question:
    """What a row with a headline number answers."""
    assert row.cell is not None
    return (row.cell.label_set, row.cell.n, row.cell.n_resamples)
