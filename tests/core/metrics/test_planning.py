import numpy as np
import pytest

from core.errors import ConfigError, DataError
from core.metrics.planning import plan_thresholds
from core.metrics.rules import Threshold, best_f1_rule, own_rate_rule
from core.metrics.thresholds import POLICIES
from core.metrics.weighting import unweighted

GIVEN = Threshold(0.3, n=90, n_positive=30)
SOURCE, NO_SOURCE = (True,) * 14, (False,) * 14


@pytest.mark.parametrize(
    ("policy", "flag_with_source", "flag_without"),
    [
        ("fixed-0.5", None, None),
        ("source-val", None, "given-thresholds"),
        ("source-rate", None, "given-thresholds"),
        ("target-rate", "given-thresholds", "given-thresholds"),
        ("oracle", None, None),
    ],
)
def test_thresholds_that_replicates_do_not_choose_anew_are_flagged(
    policy: str, flag_with_source: str | None, flag_without: str | None
) -> None:
    given = {policy: (GIVEN,) * 14}
    assert plan_thresholds(given, SOURCE)[5][policy].flag == flag_with_source
    assert plan_thresholds(given, NO_SOURCE)[5][policy].flag == flag_without


def test_the_table_above_covers_every_policy() -> None:
    assert set(POLICIES) == {"fixed-0.5", "source-val", "source-rate", "target-rate", "oracle"}


def test_a_fallen_back_threshold_is_chosen_anew_by_the_rule_it_fell_back_to() -> None:
    fallen = Threshold(0.3, n=90, n_positive=3, flag="rate-fallback")
    plan = plan_thresholds({"source-val": (GIVEN,) * 13 + (fallen,)}, SOURCE)
    assert plan[0]["source-val"].rule is best_f1_rule
    assert plan[13]["source-val"].rule is own_rate_rule
    assert plan[13]["source-val"].flag == "rate-fallback"


def test_a_missing_threshold_stays_missing_and_says_so() -> None:
    missing = Threshold(None, n=0, n_positive=0, flag="not-annotated")
    planned = plan_thresholds({"source-val": (missing,) * 14}, SOURCE)[0]["source-val"]
    assert planned.flag == "not-annotated, no-threshold"
    finding = unweighted(np.array([0.2, 0.8]), np.array([0, 1], dtype=np.int8))
    np.testing.assert_array_equal(planned.at(finding, None), [np.nan])


def test_the_sample_itself_keeps_what_it_was_given() -> None:
    planned = plan_thresholds({"oracle": (GIVEN,) * 14}, SOURCE)[0]["oracle"]
    finding = unweighted(np.array([0.2, 0.8]), np.array([0, 1], dtype=np.int8))
    np.testing.assert_array_equal(planned.at(finding, None), [0.8])
    np.testing.assert_array_equal(planned.kept.at(finding, None), [0.3])


def test_unknown_policies_and_wrong_lengths_are_refused() -> None:
    with pytest.raises(ConfigError, match="Unknown threshold policy 'best'"):
        plan_thresholds({"best": (GIVEN,) * 14}, SOURCE)
    with pytest.raises(DataError, match="thresholds of 'oracle': expected 14"):
        plan_thresholds({"oracle": (GIVEN,) * 13}, SOURCE)
