from dashboard.components.study_table import Beside, study_table
from dashboard.context import Context
from dashboard.queries.all_runs import all_runs
from dashboard.queries.cells import Place
from dashboard.queries.export import board_frame
from dashboard.queries.leaderboard import leaderboard
from dashboard.queries.references import published, reference_rows
from dashboard.queries.run_list import origin
from dashboard.stores import Stores
from tests.fixtures.imported_runs import AWAY, HOME, Places

WHERE = Place(AWAY, "test", "source-val")


def stores_of(places: Places) -> Stores:
    return Stores(places.data, places.results)


def test_imported_runs_are_ranked_like_others(imported: Places) -> None:
    stores = stores_of(imported)

    board = leaderboard(stores, all_runs(stores), WHERE)

    assert [row.run.run_id for row in board.ranked] == ["strong", "weak"]
    assert all(row.transfer for row in board.ranked)
    (stranger,) = board.apart
    assert stranger.row.run.run_id == "stranger"
    assert stranger.reason.startswith("Imported without a source")


def test_reference_rows_are_those_of_the_runs_source(imported: Places) -> None:
    stores = stores_of(imported)

    rows = reference_rows(stores, all_runs(stores), WHERE)

    assert [row.run.run_id for row in rows] == ["all-positive", "best-constant", "metadata-only"]
    assert {row.run.record.source for row in rows} == {HOME}
    assert all(row.cells["F1 macro"].n == 360 for row in rows)


def test_references_stand_below_the_runs_and_lead_nowhere(imported: Places) -> None:
    stores = stores_of(imported)
    runs = all_runs(stores)
    rows = reference_rows(stores, runs, WHERE)

    written = study_table(
        leaderboard(stores, runs, WHERE), Context(AWAY, "test", "source-val"), Beside(rows)
    )

    assert written.index("strong") < written.index("Imported without") < written.index("never rank")
    assert "run=all-positive" not in written
    assert "run=strong" in written


def test_references_are_downloaded_with_the_reason(imported: Places) -> None:
    stores = stores_of(imported)
    runs = all_runs(stores)

    frame = board_frame(leaderboard(stores, runs, WHERE), reference_rows(stores, runs, WHERE))

    reasons = dict(frame.select("run_id", "not_ranked_because").unique().drop_nulls().iter_rows())
    assert reasons["all-positive"] == "A reference row: shown, never ranked."
    assert "strong" not in reasons


def test_an_imported_run_says_what_is_known_of_it(imported: Places) -> None:
    run = all_runs(stores_of(imported)).imported[0]

    facts = origin(run.record)

    assert facts["Source, as the user said"] in (HOME, "–")
    assert "not known here" in facts["Predictions"]


def test_published_rows_belong_to_a_real_release(phantom: Stores) -> None:
    source = all_runs(phantom).read[0].record.datasets["chestxray14"]
    release = source.model_copy(update={"adapter": "chestxray14"})

    rows, broken = published(phantom, release)

    assert len(rows) == 6
    assert broken == ()
    assert published(phantom, release.model_copy(update={"synthetic": True})) == ((), ())
    assert published(phantom, None) == ((), ())
