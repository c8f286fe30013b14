import numpy as np
import pytest
from scipy.stats import spearmanr

from core.tables import LOCALISATION, METRICS, REGIONS
from dashboard.context import Context
from dashboard.queries.all_runs import all_runs
from dashboard.queries.attention_shift import follow, movements
from dashboard.queries.localisation import measured, offered, on_regions
from dashboard.queries.scope import Scope
from dashboard.stores import Stores
from tests.fixtures import phantom_attention

TARGET = "phantom-north"


@pytest.fixture
def looked(own: Stores) -> Stores:
    phantom_attention.add(own.results)
    return own


def test_each_run_has_the_changes_of_its_findings_and_their_correlation(looked: Stores) -> None:
    found = movements(looked, all_runs(looked).read, TARGET)[0]

    metrics = looked.results.read(found.run.run_id, METRICS)
    localised = looked.results.read(found.run.run_id, LOCALISATION)
    changes: list[list[float]] = []
    for finding in phantom_attention.BOXED:
        both: list[float] = []
        for table, wanted in (
            (metrics, {"metric": "auroc", "subgroup": "all", "weighting": "none"}),
            (localised, {"metric": "energy_of_ceiling", "is_baseline": False}),
        ):
            of = table.filter(finding=finding, split="test", **wanted)
            away, home = (of.filter(dataset=name)["value"][0] for name in (TARGET, "chestxray14"))
            both.append(away - home)
        changes.append(both)
    expected = np.asarray(spearmanr(np.array(changes)))[0]

    assert found.rows["finding"].len() == len(phantom_attention.BOXED)
    assert sorted(found.rows["auroc_change"]) == pytest.approx(sorted(each[0] for each in changes))
    assert found.rows["auroc_change"].is_sorted()
    assert found.rank_correlation == pytest.approx(expected)


def test_runs_whose_attention_follows_are_counted_among_those_with_a_correlation(
    looked: Stores,
) -> None:
    found = movements(looked, all_runs(looked).read, TARGET)

    values = [each.rank_correlation for each in found]
    assert follow(found) == (sum((value or 0) > 0 for value in values), len(values))
    assert follow(()) == (0, 0)


def test_the_source_itself_and_unmeasured_runs_have_no_movement(
    phantom: Stores, looked: Stores
) -> None:
    assert movements(looked, all_runs(looked).read, "chestxray14") == ()
    assert movements(phantom, all_runs(phantom).read, TARGET) == ()


def test_regions_come_with_their_area_and_the_most_attention_first(looked: Stores) -> None:
    frame = measured(Scope(looked, all_runs(looked), Context(TARGET, "test", "p")), REGIONS).frame

    rows = on_regions(frame, offered(frame)[0], "common")

    assert len(rows) == len(looked.results.run_ids())
    assert {(row.region, row.uniform) for row in rows} == {
        ("marker", phantom_attention.MARKER_AREA)
    }
    shares = [row.cell.value or 0.0 for row in rows]
    assert shares == sorted(shares, reverse=True)
