from dashboard.queries.all_runs import all_runs
from dashboard.queries.reading import Runs
from dashboard.queries.scope import choices
from dashboard.stores import Stores


def test_targets_are_offered_before_sources(runs: Runs) -> None:
    offered = choices(runs)

    assert offered is not None
    assert list(offered.splits) == ["guangzhou", "phantom-north", "chestxray14"]


def test_the_test_split_and_source_thresholds_come_first(runs: Runs) -> None:
    offered = choices(runs)

    assert offered is not None
    assert offered.splits["chestxray14"] == ("test", "val")
    assert offered.policies == ("source-val", "fixed-0.5")


def test_an_empty_store_offers_nothing(empty: Stores) -> None:
    assert choices(all_runs(empty)) is None
