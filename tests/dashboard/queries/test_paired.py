import numpy as np
import pytest

from core.metrics.compare import Estimate, compare
from core.tables import REPLICATES
from dashboard.queries.all_runs import all_runs
from dashboard.queries.cells import Place, replicates_at
from dashboard.queries.leaderboard import leaderboard
from dashboard.queries.parts import replicates
from dashboard.queries.reading import Runs, run_table
from dashboard.stores import Stores

AWAY = Place("phantom-north", "test", "source-val")


def test_the_difference_to_the_baseline_is_paired(phantom: Stores, runs: Runs) -> None:
    first, second, *_ = leaderboard(phantom, runs, AWAY).ranked

    board = leaderboard(phantom, runs, AWAY, baseline=first.run.run_id)

    own, other = (
        Estimate(
            row.value,
            replicates_at(run_table(phantom, row.run.run_id, REPLICATES), AWAY, "auroc")["macro"],
        )
        for row in (second, first)
    )
    expected = compare(own, other)
    found = board.ranked[1].against
    assert found is not None
    assert found.value == pytest.approx(expected.difference)
    assert (found.low, found.high) == (expected.ci_low, expected.ci_high)
    assert board.ranked[0].against is None


def test_a_baseline_that_is_not_here_holds_nothing_against_anyone(
    phantom: Stores, runs: Runs
) -> None:
    board = leaderboard(phantom, runs, AWAY, baseline="nobody")

    assert [row.against for row in board.rows] == [None] * 4


def test_a_damaged_baseline_costs_its_own_row(own: Stores) -> None:
    run_id = leaderboard(own, all_runs(own), AWAY).ranked[0].run.run_id
    own.results.path(run_id, REPLICATES).write_bytes(b"nothing")

    board = leaderboard(own, all_runs(own), AWAY, baseline=run_id)

    assert [each.run_id for each in board.broken] == [run_id]
    assert len(board.rows) == 3


def test_runs_beyond_the_wanted_number_are_counted_and_not_shown(
    phantom: Stores, runs: Runs
) -> None:
    whole, part = leaderboard(phantom, runs, AWAY), leaderboard(phantom, runs, AWAY, most=2)

    assert [row.run.run_id for row in part.rows] == [row.run.run_id for row in whole.ranked[:2]]
    assert (part.num_ranked, part.num_apart, part.num_hidden) == (3, 1, 2)
    assert part.tie == whole.tie


@pytest.mark.parametrize("subgroup", ["all", None])
def test_parts_of_the_replicates_are_those_of_the_whole_table(
    phantom: Stores, runs: Runs, subgroup: str | None
) -> None:
    run_id = runs.read[0].run_id

    part = replicates(phantom.results, run_id, ("phantom-north",), ("auroc", "recall"), subgroup)

    table = run_table(phantom, run_id, REPLICATES)
    for metric in ("auroc", "recall"):
        expected = replicates_at(table, AWAY, metric)
        found = replicates_at(part, AWAY, metric)
        assert list(found) == list(expected)
        for finding in expected:
            np.testing.assert_array_equal(found[finding], expected[finding])
