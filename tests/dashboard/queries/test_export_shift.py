import pytest

from core.tables import REPLICATES
from dashboard.queries.cells import Cell, Place
from dashboard.queries.export_shift import (
    corrected_frame,
    promise_frame,
    score_frame,
    shift_frame,
    subgroup_frame,
)
from dashboard.queries.reading import Run
from dashboard.queries.score_shift import sides
from dashboard.queries.shift import OPERATING, both_sides, shifted
from dashboard.queries.subgroups import Group, Partition
from dashboard.queries.transfer import Span
from dashboard.stores import Stores

WHERE = Place("phantom-north", "test", "source-val")
CELL = Cell(0.8, 0.7, 0.9, None, "macro@14", "none", 50, None, 20, 14, 100)


def test_the_shift_has_both_sides_and_their_gap(phantom: Stores, run: Run) -> None:
    rows = shifted(run, phantom.results.read(run.run_id, REPLICATES), WHERE)

    frame = shift_frame(rows, run, "auroc", WHERE)

    sided = frame.pivot("side", index="finding", values="value")
    assert (sided["target"] - sided["source test"]).to_list() == pytest.approx(
        sided["gap"].to_list()
    )
    assert set(frame.filter(side="source test")["dataset"]) == {"chestxray14"}


def test_promises_have_one_row_a_finding_metric_and_side(run: Run) -> None:
    rows = both_sides(run, WHERE, OPERATING)

    frame = promise_frame(rows, run, WHERE)

    for row in rows:
        home, away = row.pairs["recall"]
        of_finding = frame.filter(finding=row.finding, metric="recall")
        assert home is not None
        assert away is not None
        assert of_finding["value"].to_list() == [home.value, away.value]
    assert set(frame["policy"]) == {"source-val"}


def test_scores_have_the_counts_behind_each_mean(phantom: Stores, run: Run) -> None:
    rows = sides(phantom, run, WHERE)

    frame = score_frame(rows, run, WHERE)

    assert frame.height == 2 * len(rows) > 0
    shares = frame["n_positive"] / frame["n"]
    assert shares.to_list() == pytest.approx(frame["prevalence"].to_list())


def test_corrected_averages_name_their_probabilities(run: Run) -> None:
    frame = corrected_frame({"as they are": {"brier": CELL}}, run, WHERE)

    assert frame.select("probabilities", "metric", "value", "n").rows() == [
        ("as they are", "brier", 0.8, 50)
    ]


def test_the_widest_gap_stands_below_its_groups(run: Run) -> None:
    groups = (Group("sex=F", {"auroc": CELL}), Group("sex=M", {"auroc": CELL}))
    gap = Span(0.1, 0.0, 0.2)

    frame = subgroup_frame(
        [Partition("sex", groups, {"auroc": ("sex=F", "sex=M", gap)})], run, WHERE
    )

    assert frame.select("group", "metric", "value", "n").rows() == [
        ("sex=F", "auroc", 0.8, 50),
        ("sex=M", "auroc", 0.8, 50),
        ("sex=F minus sex=M", "auroc, widest gap", 0.1, None),
    ]
