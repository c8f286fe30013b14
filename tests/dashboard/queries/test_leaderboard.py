import polars as pl
import pytest

from core.metrics.compare import Estimate, tied_set
from core.records import RunStatus
from core.tables import METRICS, REPLICATES
from dashboard.queries.all_runs import all_runs
from dashboard.queries.cells import Place, replicates_at
from dashboard.queries.leaderboard import leaderboard
from dashboard.queries.reading import Runs, run_table
from dashboard.stores import Stores

AWAY = Place("phantom-north", "test", "source-val")
ONE_LABEL = Place("guangzhou", "test", "source-val")


def test_runs_stand_by_falling_auroc(phantom: Stores, runs: Runs) -> None:
    board = leaderboard(phantom, runs, AWAY)

    values = [row.value for row in board.ranked]
    assert len(values) == 3
    assert values == sorted(values, key=lambda value: -(value or 0))


def test_random_weights_stand_apart_with_the_reason(phantom: Stores, runs: Runs) -> None:
    board = leaderboard(phantom, runs, AWAY)

    assert ["random weights" in each.row.look.remark for each in board.apart] == [True]
    assert board.apart[0].reason.startswith("Random weights")


def test_the_tied_set_is_holms_over_the_ranked_runs_alone(phantom: Stores, runs: Runs) -> None:
    board = leaderboard(phantom, runs, ONE_LABEL)
    expected = tied_set(
        {
            row.run.run_id: Estimate(
                row.value,
                replicates_at(run_table(phantom, row.run.run_id, REPLICATES), ONE_LABEL, "auroc")[
                    "macro"
                ],
            )
            for row in board.ranked
        }
    )

    assert board.tie is not None
    assert board.tie.run_ids == expected
    assert board.tie.num_pairs == 3


def test_on_its_own_source_no_run_is_ranked(phantom: Stores, runs: Runs) -> None:
    board = leaderboard(phantom, runs, Place("chestxray14", "test", "source-val"))

    assert board.ranked == ()
    assert board.tie is None
    assert {each.reason[:11] for each in board.apart} == {"Random weig", "chestxray14"}


def test_a_run_on_fewer_images_is_another_question(own: Stores) -> None:
    run_id = next(run.run_id for run in all_runs(own).read if run.record.ranked)
    fewer = run_table(own, run_id, METRICS).with_columns(pl.col("n") - 1)
    own.results.write(run_id, METRICS, fewer)

    board = leaderboard(own, all_runs(own), AWAY)

    reasons = {each.row.run.run_id: each.reason for each in board.apart}
    assert len(board.ranked) == 2
    assert reasons[run_id].startswith("Another question: macro@14, 159 images")


def test_numbers_that_used_the_target_are_not_ranked(own: Stores) -> None:
    for run_id in own.results.run_ids():
        used = run_table(own, run_id, METRICS).with_columns(pl.lit("labels").alias("target_use"))
        own.results.write(run_id, METRICS, used)

    board = leaderboard(own, all_runs(own), AWAY)

    assert board.ranked == ()
    assert "It used the target’s labels." in {each.reason for each in board.apart}


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (RunStatus.DONE, "cxr eval"),
        (RunStatus.FAILED, "training failed: out of memory"),
        (RunStatus.RUNNING, "training is running"),
    ],
)
def test_a_run_without_numbers_says_why(own: Stores, status: RunStatus, said: str) -> None:
    run = all_runs(own).read[0]
    own.results.path(run.run_id, METRICS).unlink()
    changed = {"status": status, "error": "out of memory"}
    own.results.write_record(run.record.model_copy(update=changed))

    board = leaderboard(own, all_runs(own), AWAY)

    assert [each.run_id for each in board.waiting] == [run.run_id]
    assert said in board.waiting[0].reason


def test_damaged_replicates_cost_one_row(own: Stores) -> None:
    run_id = own.results.run_ids()[0]
    own.results.path(run_id, REPLICATES).write_bytes(b"nothing")

    board = leaderboard(own, all_runs(own), AWAY)

    assert [each.run_id for each in board.broken] == [run_id]
    assert len(board.ranked) + len(board.apart) == 3


def test_missing_replicates_leave_the_tie_untold(own: Stores) -> None:
    run_id = next(run.run_id for run in all_runs(own).read if run.record.ranked)
    own.results.path(run_id, REPLICATES).unlink()

    board = leaderboard(own, all_runs(own), AWAY)

    assert board.tie is not None
    assert board.tie.run_ids is None
