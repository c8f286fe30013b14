"""The leaderboard of one target: ranked runs, those that may not be, and what stands beside them.

Runs are ranked only on the same question, and only where nothing keeps them out (PROTOCOL
section 3); reference rows and published ones are shown apart.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from core.datasets.registered import LABELS_FROM
from core.report.numbers import Question, RunNumbers, run_numbers
from core.report.published import PublishedRow, published_rows
from core.store.results import ResultStore

HEADLINE: Question = ("macro", "auroc", None)


@dataclass(frozen=True)
class Apart:
    """A run that is shown and not ranked, with the reason in one sentence."""

    row: RunNumbers
    reason: str


@dataclass(frozen=True)
class Board:
    """The leaderboard of a split.

    Args:
        dataset: The target.
        split: Its split.
        ranked: Runs on the same question, the highest macro AUROC first.
        apart: Runs that are not ranked.
        references: What anyone reaches without looking at an image.
        published: What studies published for this data set.
    """

    dataset: str
    split: str
    ranked: tuple[RunNumbers, ...]
    apart: tuple[Apart, ...]
    references: tuple[RunNumbers, ...]
    published: tuple[PublishedRow, ...]

    @property
    def rows(self) -> tuple[RunNumbers, ...]:
        """All runs, ranked ones first."""
        return (*self.ranked, *(each.row for each in self.apart))


def board(results: ResultStore, run_ids: Iterable[str], dataset: str, split: str) -> Board:
    """The leaderboard of those of the runs that were evaluated on a split.

    Raises:
        ConfigError: If a run is unknown.
        DataError: If tables are damaged.
    """
    rows = [
        row for run_id in run_ids if (row := run_numbers(results, run_id, dataset, split)).numbers
    ]
    reasons = {row.record.run_id: row.record.why_not_ranked(dataset) for row in rows}
    asked = _most_asked([row for row in rows if not reasons[row.record.run_id]])
    for row in rows:
        if not reasons[row.record.run_id] and _asked(row) != asked:
            reasons[row.record.run_id] = _other_question(row)
    ordered = sorted(rows, key=_falling)
    return Board(
        dataset=dataset,
        split=split,
        ranked=tuple(row for row in ordered if not reasons[row.record.run_id]),
        apart=tuple(
            Apart(row, reason) for row in ordered if (reason := reasons[row.record.run_id])
        ),
        references=_references(results, rows, (dataset, split)),
        published=_published(results, rows, dataset),
    )


def _asked(row: RunNumbers) -> tuple[str | None, int, int]:
    number = row.numbers[HEADLINE]
    return number.label_set, number.n, number.n_patients


def _most_asked(rows: Sequence[RunNumbers]) -> tuple[str | None, int, int] | None:
    asked = Counter(_asked(row) for row in rows if row.numbers[HEADLINE].value is not None)
    return max(asked, key=lambda question: (asked[question], question[1]), default=None)


def _other_question(row: RunNumbers) -> str:
    if row.numbers[HEADLINE].value is None:
        return "Its macro AUROC is undefined here."
    label_set, n, _ = _asked(row)
    return f"Another question: {label_set}, {n:,} images."


def _falling(row: RunNumbers) -> tuple[float, str]:
    return -(row.numbers[HEADLINE].value or 0.0), row.record.run_id


def _references(
    results: ResultStore, rows: Sequence[RunNumbers], where: tuple[str, str]
) -> tuple[RunNumbers, ...]:
    """Those of every source that the runs have; where there are none, those without a fit."""
    sources = dict.fromkeys(row.record.source for row in rows)
    fitted = [each for source in sources if source for each in _of_source(results, source, where)]
    return tuple(fitted or _of_source(results, None, where))


def _of_source(
    results: ResultStore, source: str | None, where: tuple[str, str]
) -> Iterator[RunNumbers]:
    store = results.references(source)
    rows = (run_numbers(store, name, *where) for name in store.import_ids())
    return (row for row in rows if row.numbers)


def _published(
    results: ResultStore, rows: Sequence[RunNumbers], dataset: str
) -> tuple[PublishedRow, ...]:
    if LABELS_FROM in dataset:  # Studies published against the data set's own labels.
        return ()
    known = [row.record.datasets[dataset] for row in rows if dataset in row.record.datasets]
    is_real = bool(known) and not known[0].synthetic
    return published_rows(results, known[0].adapter) if is_real else ()
