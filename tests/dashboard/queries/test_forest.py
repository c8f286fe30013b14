import polars as pl

from core.tables import METRICS
from dashboard.queries.all_runs import all_runs
from dashboard.queries.cells import Place
from dashboard.queries.forest import forest_frame
from dashboard.queries.leaderboard import leaderboard
from dashboard.queries.reading import Runs, run_table
from dashboard.stores import Stores

AWAY = Place("phantom-north", "test", "source-val")


def test_a_home_value_over_other_findings_is_not_drawn_beside_the_target(own: Stores) -> None:
    run_id = next(run.run_id for run in all_runs(own).read if run.record.ranked)
    lost = pl.when((pl.col("dataset") == "chestxray14") & (pl.col("finding") == "Edema"))
    table = run_table(own, run_id, METRICS)
    changed = table.with_columns(lost.then(None).otherwise(pl.col("value")).alias("value"))
    own.results.write(run_id, METRICS, changed)

    frame = forest_frame(leaderboard(own, all_runs(own), AWAY))

    assert frame.filter(run_id=run_id)["at_home"].to_list() == [None]
    assert frame["at_home"].null_count() == 1


def test_the_forest_draws_ranked_runs_first(phantom: Stores, runs: Runs) -> None:
    frame = forest_frame(leaderboard(phantom, runs, AWAY))

    assert frame["is_ranked"].to_list() == [True, True, True, False]
    assert frame["at_home"].null_count() == 0
    assert (frame["low"] < frame["value"]).all()
