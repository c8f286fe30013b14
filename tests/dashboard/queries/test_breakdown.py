from core.findings import FINDINGS
from core.metrics.table import METRICS
from dashboard.queries.breakdown import (
    breakdown,
    evaluated,
    extremes,
    finding_frame,
    may_be_ranked,
    metrics_offered,
)
from dashboard.queries.cells import Place
from dashboard.queries.reading import Runs, dataset
from dashboard.stores import Stores

AWAY = Place("phantom-north", "test", "source-val")
ONE_LABEL = Place("guangzhou", "test", "source-val")


def test_there_is_a_row_a_finding_and_one_an_average(runs: Runs) -> None:
    assert [row.finding for row in breakdown(runs.read, AWAY, "f1")] == [
        *FINDINGS,
        "macro",
        "micro",
    ]
    assert [row.finding for row in breakdown(runs.read, AWAY, "auroc")][-1] == "macro"


def test_counts_and_prevalence_are_those_of_the_manifest(phantom: Stores, runs: Runs) -> None:
    manifest = dataset(phantom, "phantom-north").manifest

    for row in breakdown(runs.read, AWAY, "auroc")[: len(FINDINGS)]:
        labels = manifest[row.finding]
        assert row.counts is not None
        assert (row.counts.n, row.counts.n_positive) == (len(labels), labels.sum())
        assert row.prevalence == labels.mean()


def test_findings_without_labels_have_no_value_and_no_prevalence(runs: Runs) -> None:
    rows = {row.finding: row for row in breakdown(runs.read, ONE_LABEL, "auroc")}

    assert [name for name in FINDINGS if rows[name].is_annotated] == ["Pneumonia"]
    assert rows["Edema"].prevalence is None
    assert {cell.value for cell in rows["Edema"].cells.values()} == {None}


def test_runs_that_may_be_ranked_come_first(runs: Runs) -> None:
    found = evaluated(runs.read, AWAY)

    assert [may_be_ranked(run, AWAY) for run in found] == [True, True, True, False]
    assert evaluated(runs.read, Place("elsewhere", "test", "source-val")) == ()


def test_metrics_are_offered_in_the_order_of_the_table(runs: Runs) -> None:
    assert metrics_offered(runs.read) == tuple(METRICS)
    assert metrics_offered(()) == ()


def test_the_extremes_are_the_highest_observed_values_of_ranked_runs(runs: Runs) -> None:
    rows = breakdown(runs.read, AWAY, "auroc")
    ranked = {run.run_id for run in runs.read if run.record.ranked}
    tops = {
        row.finding: max(cell.value or 0 for key, cell in row.cells.items() if key in ranked)
        for row in rows[: len(FINDINGS)]
    }

    found = extremes(rows, runs.read, AWAY)

    assert found is not None
    assert found.largest[0] == max(tops, key=lambda name: tops[name])
    assert found.smallest[2].value == min(tops.values())
    assert found.num_annotated == 14


def test_random_weights_have_no_extremes(runs: Runs) -> None:
    random = [run for run in runs.read if not run.record.ranked]

    assert extremes(breakdown(random, AWAY, "auroc"), random, AWAY) is None


def test_the_forest_of_a_finding_leaves_undefined_runs_out(runs: Runs) -> None:
    rows = {row.finding: row for row in breakdown(runs.read, ONE_LABEL, "auroc")}

    assert finding_frame(runs.read, rows["Edema"], ONE_LABEL).is_empty()
    assert finding_frame(runs.read, rows["Pneumonia"], ONE_LABEL).height == 4
