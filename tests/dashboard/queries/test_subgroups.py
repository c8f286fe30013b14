import numpy as np
import polars as pl
import pytest

from core.tables import METRICS, REPLICATES
from dashboard.queries.cells import Place
from dashboard.queries.reading import Run
from dashboard.queries.subgroups import partitions

WHERE = Place("phantom-north", "test", "source-val")
LOW, HIGH = np.linspace(0.5, 0.7, 50), np.linspace(0.65, 0.9, 50)


def row(subgroup: str, value: float, label_set: str = "macro@14") -> dict[str, object]:
    return {
        "dataset": "phantom-north",
        "split": "test",
        "subgroup": subgroup,
        "weighting": "none",
        "finding": "macro",
        "metric": "auroc",
        "policy": None,
        "label_set": label_set,
        "target_use": "none",
        "value": value,
        "n": 100,
        "n_patients": 60,
    }


def measured(run: Run, *rows: dict[str, object]) -> Run:
    added = pl.DataFrame(list(rows), METRICS.schema)
    return Run(run.run_id, run.record, pl.concat([run.metrics, added]))


def replicates(**values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> pl.DataFrame:
    rows = [
        {name: value for name, value in row(f"sex={sex}", 0).items() if name in REPLICATES.schema}
        | {"values": drawn.tolist()}
        for sex, drawn in values.items()
    ]
    return pl.DataFrame(rows, REPLICATES.schema)


def test_the_widest_gap_pairs_the_replicates_of_both_groups(run: Run) -> None:
    both = measured(run, row("sex=F", 0.6), row("sex=M", 0.8))

    (found,) = partitions(both, replicates(F=LOW, M=HIGH), WHERE)

    high, low, gap = found.widest["auroc"]
    assert (found.column, high, low) == ("sex", "sex=M", "sex=F")
    assert gap.value == pytest.approx(0.2)
    expected = np.quantile((HIGH - LOW).astype(np.float32), [0.025, 0.975])
    assert (gap.low, gap.high) == pytest.approx(tuple(expected), abs=1e-6)


def test_groups_that_cover_different_findings_have_no_gap(run: Run) -> None:
    both = measured(run, row("sex=F", 0.6, "macro@3:ab12"), row("sex=M", 0.8))

    (found,) = partitions(both, REPLICATES.empty(), WHERE)

    assert [group.name for group in found.groups] == ["sex=F", "sex=M"]
    assert found.widest == {}


def test_a_group_alone_and_intersections_are_no_partition(run: Run) -> None:
    some = measured(run, row("view=AP", 0.6), row("sex=F & view=AP", 0.7), row("sex=M", 0.8))

    assert partitions(some, REPLICATES.empty(), WHERE) == ()
