import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from core.errors import ProtocolError
from core.metrics.compare import (
    Estimate,
    bootstrap_p,
    compare,
    compare_family,
    compare_runs,
    holm,
    tied_set,
)

NUM_RESAMPLES = 1999


def _estimate(value: float | None, noise: float = 0.01, seed: int = 0) -> Estimate:
    rng = np.random.default_rng(seed)
    centre = np.nan if value is None else value
    return Estimate(value, (centre + noise * rng.normal(size=NUM_RESAMPLES)).astype(np.float32))


def test_p_follows_the_formula_worked_by_hand() -> None:
    # 99 replicates, 2 at most 0 and 98 at least 0: 2 · (1 + 2) / 100.
    differences = np.concatenate([[-1.0, 0.0], np.ones(97)])
    assert bootstrap_p(differences) == pytest.approx(0.06, abs=1e-15)
    assert bootstrap_p(-differences) == pytest.approx(0.06, abs=1e-15)


def test_p_never_exceeds_one_and_equal_runs_have_p_one() -> None:
    assert bootstrap_p(np.zeros(99)) == 1.0


@pytest.mark.parametrize(("num_tests", "smallest"), [(25, 2 / 1000), (26, None)])
def test_p_is_refused_where_the_smallest_one_could_not_be_significant(
    num_tests: int, smallest: float | None
) -> None:
    assert bootstrap_p(np.ones(999), num_tests) == smallest


def test_undefined_replicates_are_left_out_of_p() -> None:
    differences = np.concatenate([np.ones(99), np.full(50, np.nan)])
    assert bootstrap_p(differences) == pytest.approx(2 / 100, abs=1e-15)


@settings(max_examples=40)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holm_agrees_with_statsmodels(p_values: list[float]) -> None:
    expected = np.asarray(multipletests(p_values, method="holm")[1])
    np.testing.assert_allclose(holm(p_values), expected, atol=1e-12)


def test_an_empty_family_has_no_p() -> None:
    assert holm([]) == []


def test_a_comparison_is_the_difference_of_the_paired_replicates() -> None:
    a, b = _estimate(0.80, seed=1), _estimate(0.75, seed=2)
    found = compare(a, b)
    differences = a.replicates.astype(np.float64) - b.replicates.astype(np.float64)
    assert found.difference == pytest.approx(0.05)
    assert (found.ci_low, found.ci_high) == pytest.approx(np.percentile(differences, [2.5, 97.5]))
    assert (found.num_resamples, found.flag) == (NUM_RESAMPLES, None)


def test_pairing_cancels_what_the_runs_share() -> None:
    assert compare(_estimate(0.80), _estimate(0.79)).p_value == pytest.approx(2 / 2000, abs=1e-15)


def test_many_undefined_replicates_are_flagged() -> None:
    a, b = _estimate(0.8, seed=1), _estimate(0.7, seed=2)
    a.replicates[:25] = np.nan
    found = compare(a, b)
    assert (found.flag, found.num_resamples) == ("undefined-replicates", NUM_RESAMPLES - 25)


def test_an_undefined_value_has_no_difference_and_is_no_test() -> None:
    family = compare_family(
        {"Mass": (_estimate(0.8), _estimate(0.7)), "Hernia": (_estimate(None), _estimate(0.7))}
    )
    assert family["Hernia"].difference is None
    assert family["Hernia"].p_holm is None
    assert {each.num_tests for each in family.values()} == {1}


def test_replicates_of_different_length_are_not_paired() -> None:
    short = Estimate(0.7, np.full(10, 0.7, dtype=np.float32))
    with pytest.raises(ProtocolError, match="1999 and 10 replicates are not paired"):
        compare(_estimate(0.8), short)


def test_all_pairs_of_runs_are_one_family_under_holm() -> None:
    runs = {name: _estimate(0.8 + 0.004 * k, seed=k) for k, name in enumerate("abcd")}
    family = compare_runs(runs)
    assert list(family) == [("a", "b"), ("a", "c"), ("a", "d"), ("b", "c"), ("b", "d"), ("c", "d")]
    plain = [each.p_value for each in family.values()]
    adjusted = np.array([each.p_holm for each in family.values()], dtype=np.float64)
    np.testing.assert_allclose(adjusted, np.asarray(multipletests(plain, method="holm")[1]))
    assert {each.num_tests for each in family.values()} == {6}


def test_a_test_without_p_keeps_its_place_in_the_family() -> None:
    sparse = _estimate(0.8, seed=3)
    sparse.replicates[60:] = np.nan
    family = compare_family(
        {"Mass": (_estimate(0.8), _estimate(0.7)), "Hernia": (sparse, _estimate(0.7))}
    )
    assert family["Hernia"].p_value is None
    assert family["Hernia"].p_holm is None
    assert family["Mass"].p_holm == pytest.approx(2 * 2 / 2000, abs=1e-15)


def test_the_tied_set_is_the_highest_and_all_not_significantly_below_it() -> None:
    runs = {
        "low": _estimate(0.70, seed=1),
        "near": _estimate(0.795, seed=2),
        "high": _estimate(0.80, seed=3),
        "absent": _estimate(None),
    }
    assert tied_set(runs) == ("high", "near")


def test_a_single_run_is_its_own_tied_set_and_no_run_has_none() -> None:
    assert tied_set({"only": _estimate(0.8)}) == ("only",)
    assert tied_set({}) == ()


def test_too_few_replicates_for_the_family_tell_nothing() -> None:
    runs = {str(k): Estimate(0.7 + k / 100, np.full(99, 0.7, np.float32)) for k in range(4)}
    assert tied_set(runs) is None
