"""From source test to a target: what is lost, finding by finding, raw and standardised."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from core.findings import FINDINGS, Finding
from core.metrics.compare import Estimate, compare
from core.records import Entry
from core.report.numbers import UNWEIGHTED
from core.store.results import ResultStore
from core.tables import METRICS, REPLICATES

MACRO = "macro"


@dataclass(frozen=True)
class Gap:
    """Target − source test; both samples are independent, so are their replicates.

    Args:
        value: None where either side is undefined, or averages cover different findings.
        ci_low: Lower bound of the 95 % interval.
        ci_high: Upper bound.
    """

    value: float | None
    ci_low: float | None
    ci_high: float | None


@dataclass(frozen=True)
class ShiftColumn:
    """One column of the table of shifts.

    Args:
        label: Its head.
        metric: A row of `METRICS`.
        weighting: Of the target's side.
    """

    label: str
    metric: str
    weighting: str


SHIFT_COLUMNS: tuple[ShiftColumn, ...] = (
    ShiftColumn("AUROC", "auroc", UNWEIGHTED),
    ShiftColumn("matched view", "auroc", "matched:view"),
    ShiftColumn("matched all", "auroc", "matched:view+sex+age"),
    ShiftColumn("AP", "average_precision", UNWEIGHTED),
    ShiftColumn("AP prev.", "average_precision", "prevalence"),
    ShiftColumn("F1", "f1", UNWEIGHTED),
    ShiftColumn("F1 prev.", "f1", "prevalence"),
)
"""AUROC first: the others move with prevalence, so their raw gap stands beside the standardised."""


def shifts(
    results: ResultStore, entry: Entry, dataset: str, policy: str
) -> dict[Finding | str, Mapping[str, Gap]]:
    """The gaps of every finding and of the macro, by the labels of `SHIFT_COLUMNS`.

    Args:
        results: Where the run was evaluated.
        entry: The run.
        dataset: The target.
        policy: For F1; one whose thresholds come from the source.

    Returns:
        Nothing where the run has no source test.

    Raises:
        DataError: If tables are damaged.
    """
    rows = (
        results.read(entry.run_id, METRICS)
        .filter(split="test", subgroup="all")
        .filter(pl.col("policy").is_null() | (pl.col("policy") == policy))
        .join(results.read(entry.run_id, REPLICATES), on=list(REPLICATES.key), nulls_equal=True)
    )
    sides = {
        (row["dataset"], row["weighting"], row["metric"], row["finding"]): row
        for row in rows.to_dicts()
    }
    if not any(dataset_name == entry.source for dataset_name, *_ in sides):
        return {}
    return {
        finding: {
            column.label: _gap(
                sides.get((entry.source, UNWEIGHTED, column.metric, str(finding))),
                sides.get((dataset, column.weighting, column.metric, str(finding))),
            )
            for column in SHIFT_COLUMNS
        }
        for finding in (*FINDINGS, MACRO)
    }


def _gap(home: Mapping[str, object] | None, away: Mapping[str, object] | None) -> Gap:
    if home is None or away is None or home["label_set"] != away["label_set"]:
        return Gap(None, None, None)
    compared = compare(_estimate(away), _estimate(home))
    return Gap(compared.difference, compared.ci_low, compared.ci_high)


def _estimate(row: Mapping[str, object]) -> Estimate:
    value = row["value"]
    return Estimate(
        value if isinstance(value, float) else None, np.asarray(row["values"], np.float32)
    )
