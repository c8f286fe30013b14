"""Gaps from source test to target, and between subgroups, from the stored tables."""

import numpy as np
import pytest

from core.report import run_numbers
from core.report.shift import shifts
from core.report.subgroups import gaps_of, opportunity_gaps, partitions
from core.stages import evaluate
from core.tables import METRICS, REPLICATES
from tests.fixtures.imported_runs import AWAY, AWAY_LACKS, HOME, Places, add_run, build


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    built = build(tmp_path_factory.mktemp("shift"), 240)
    add_run(built, "run", 1.0)
    evaluate.run("run", AWAY, built.data, built.results, 40)
    return built


def test_a_gap_is_target_minus_source_test(places: Places) -> None:
    found = shifts(places.results, places.results.entry("run"), AWAY, "source-val")
    away = run_numbers(places.results, "run", AWAY, "test").numbers
    standardised = run_numbers(places.results, "run", AWAY, "test", weighting="prevalence").numbers
    home = run_numbers(places.results, "run", HOME, "test").numbers
    for label, metric, side, policy in (
        ("AUROC", "auroc", away, None),
        ("AP", "average_precision", away, None),
        ("AP prev.", "average_precision", standardised, None),
        ("F1 prev.", "f1", standardised, "source-val"),
    ):
        key = ("Mass", metric, policy)
        here, there = side[key].value, home[key].value
        assert here is not None
        assert there is not None
        gap = found["Mass"][label]
        assert gap.value == pytest.approx(here - there, abs=1e-12)
        assert gap.ci_low is not None
        assert gap.ci_high is not None
        assert gap.ci_low <= here - there <= gap.ci_high


def test_averages_over_other_findings_have_no_gap(places: Places) -> None:
    found = shifts(places.results, places.results.entry("run"), AWAY, "source-val")
    assert found["macro"]["AUROC"].value is None
    assert found[str(AWAY_LACKS)]["AUROC"].value is None


def test_a_run_without_a_source_has_no_gap(imported: Places) -> None:
    entry = imported.results.entry("stranger")
    assert shifts(imported.results, entry, AWAY, "source-val") == {}


def test_subgroups_are_compared_within_their_partition_on_shared_replicates(
    places: Places,
) -> None:
    found = partitions(places.results, "run", AWAY, "test")
    assert set(found) == {"view", "sex", "age"}
    (gap,) = [each for each in gaps_of(found["sex"], "auroc") if each.finding == "Mass"]
    rows = places.results.read("run", REPLICATES).filter(
        dataset=AWAY, finding="Mass", metric="auroc", weighting="none"
    )
    one, other = (
        np.array(rows.filter(subgroup=name)["values"][0]) for name in (gap.subgroup, gap.other)
    )
    low, high = np.nanpercentile(one.astype(float) - other, [2.5, 97.5])
    assert (gap.comparison.ci_low, gap.comparison.ci_high) == pytest.approx((low, high))


def test_equal_opportunity_is_the_gap_in_sensitivity_at_the_source_s_threshold(
    places: Places,
) -> None:
    found = partitions(places.results, "run", AWAY, "test")
    (gap,) = [
        each for each in opportunity_gaps(found["view"], "source-val") if each.finding == "Mass"
    ]
    recall = places.results.read("run", METRICS).filter(
        dataset=AWAY, finding="Mass", metric="recall", policy="source-val", weighting="none"
    )
    one, other = (recall.filter(subgroup=name)["value"][0] for name in (gap.subgroup, gap.other))
    assert gap.comparison.difference == pytest.approx(one - other)
