"""Results of many runs as rows that a table, a page or a file can show."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from core.findings import FINDINGS
from core.records import RunRecord
from core.store.results import ResultStore
from core.tables import METRICS

Question = tuple[str, str, str | None]
"""Finding (or macro, micro), metric, threshold policy."""


def study_metrics(policy: str) -> Mapping[str, Question]:
    """The four metrics of the study, by their names in tables."""
    return {
        "F1 micro": ("micro", "f1", policy),
        "F1 macro": ("macro", "f1", policy),
        "AUROC macro": ("macro", "auroc", None),
        "mAP": ("macro", "average_precision", None),
    }


@dataclass(frozen=True)
class Number:
    """One value of the metrics table.

    Args:
        value: None where undefined.
        ci_low: Lower bound of its interval.
        ci_high: Upper bound.
        flag: Codes of `FLAGS`.
        label_set: Which findings an average covers.
        n: Images scored.
        n_positive: The positive ones among them.
        n_patients: Patients of the n images.
        n_labels: Over how many findings an average is.
    """

    value: float | None
    ci_low: float | None
    ci_high: float | None
    flag: str | None
    label_set: str | None
    n: int
    n_positive: int
    n_patients: int
    n_labels: int


@dataclass(frozen=True)
class RunNumbers:
    """One run's numbers on one split of one data set.

    Args:
        record: The run.
        dataset: The data set.
        numbers: By question.
    """

    record: RunRecord
    dataset: str
    numbers: Mapping[Question, Number]


def run_numbers(results: ResultStore, run_id: str, dataset: str, split: str) -> RunNumbers:
    """A run's numbers over all images of a split; none where it was not evaluated there.

    Raises:
        ConfigError: If there is no such run.
        DataError: If its tables are damaged.
    """
    rows = results.read(run_id, METRICS).filter(
        pl.col("dataset") == dataset, pl.col("split") == split, pl.col("subgroup") == "all"
    )
    fields = list(Number.__dataclass_fields__)
    numbers = {
        (row["finding"], row["metric"], row["policy"]): Number(
            **{name: row[name] for name in fields}
        )
        for row in rows.iter_rows(named=True)
    }
    return RunNumbers(results.record(run_id), dataset, numbers)


def leaderboard(
    results: ResultStore, run_ids: Iterable[str], dataset: str, split: str
) -> list[RunNumbers]:
    """Evaluated runs, the highest macro AUROC first, those that may not be ranked last.

    Raises:
        ConfigError: If a run is unknown.
        DataError: If tables are damaged.
    """
    evaluated = (run_numbers(results, run_id, dataset, split) for run_id in run_ids)
    return sorted((each for each in evaluated if each.numbers), key=_rank)


def _rank(run: RunNumbers) -> tuple[bool, float, str]:
    area = run.numbers["macro", "auroc", None].value
    return (run.record.why_not_ranked(run.dataset) is not None, -(area or 0.0), run.record.run_id)


def finding_questions(policy: str) -> Mapping[str, Mapping[str, Question]]:
    """Per finding, the per-label metrics by their names in tables."""
    return {
        finding: {
            "AUROC": (finding, "auroc", None),
            "AP": (finding, "average_precision", None),
            "F1": (finding, "f1", policy),
        }
        for finding in FINDINGS
    }
