"""A run's numbers on one split of one data set."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.findings import FINDINGS
from core.records import Entry
from core.store.results import ResultStore
from core.tables import METRICS

Question = tuple[str, str, str | None]
"""Finding (or macro, micro), metric, threshold policy."""

UNWEIGHTED = "none"

POLICY = "source-val"
"""The policy of the thresholds that F1 is told at."""

WITHOUT_SOURCE = "fixed-0.5"
"""The policy of runs that have no predictions of a source to choose a threshold on."""


def study_metrics(policy: str) -> Mapping[str, Question]:
    """The four metrics of the study, by their names in tables."""
    return {
        "F1 micro": ("micro", "f1", policy),
        "F1 macro": ("macro", "f1", policy),
        "AUROC macro": ("macro", "auroc", None),
        "mAP": ("macro", "average_precision", None),
    }


def finding_questions(
    policy: str, findings: Iterable[str] = FINDINGS
) -> Mapping[str, Mapping[str, Question]]:
    """Per finding, the per-label metrics by their names in tables."""
    return {
        finding: {
            "AUROC": (finding, "auroc", None),
            "AP": (finding, "average_precision", None),
            "F1": (finding, "f1", policy),
        }
        for finding in findings
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
        record: The run, trained here, imported, or a reference row.
        dataset: The data set.
        numbers: By question; empty where the run was not evaluated there.
    """

    record: Entry
    dataset: str
    numbers: Mapping[Question, Number]


def run_numbers(
    results: ResultStore,
    run_id: str,
    dataset: str,
    split: str,
    subgroup: str = "all",
    weighting: str = UNWEIGHTED,
) -> RunNumbers:
    """A run's numbers over the images of a split, or of a subgroup of it.

    Raises:
        ConfigError: If there is no such run.
        DataError: If its tables are damaged.
    """
    rows = results.read(run_id, METRICS).filter(
        dataset=dataset, split=split, subgroup=subgroup, weighting=weighting
    )
    fields = list(Number.__dataclass_fields__)
    numbers = {
        (row["finding"], row["metric"], row["policy"]): Number(
            **{name: row[name] for name in fields}
        )
        for row in rows.iter_rows(named=True)
    }
    return RunNumbers(results.entry(run_id), dataset, numbers)


def policy_of(row: RunNumbers) -> str:
    """The threshold policy that a run's F1 is told at."""
    return POLICY if ("macro", "f1", POLICY) in row.numbers else WITHOUT_SOURCE
