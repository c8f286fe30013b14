import numpy as np
import polars as pl
import pytest

from core.errors import DataError
from core.metrics.matching import match


def test_a_weight_is_the_ratio_of_the_shares_of_a_stratum() -> None:
    target = pl.DataFrame({"view": ["AP", "AP", "AP", "PA"]})
    source = pl.DataFrame({"view": ["AP", "PA"]})
    found = match(target, source, ["view"])
    np.testing.assert_allclose(found.weights, [2 / 3, 2 / 3, 2 / 3, 2], atol=1e-15)
    assert found.effective_n == pytest.approx(16 / (3 * 4 / 9 + 4), abs=1e-12)
    assert (found.unsupported_source, found.unsupported_target) == (0, 0)


def test_matched_shares_are_the_sources_on_joint_strata() -> None:
    rng = np.random.default_rng(0)
    target, source = (
        pl.DataFrame({"view": rng.choice(["AP", "PA"], n), "sex": rng.choice(["F", "M"], n, p=p)})
        for n, p in ((300, [0.3, 0.7]), (200, [0.6, 0.4]))
    )
    found = match(target, source, ["view", "sex"])
    weighted = target.with_columns(w=pl.Series(found.weights / found.weights.sum()))
    shares = weighted.group_by("view", "sex").agg(pl.col("w").sum())
    expected = source.group_by("view", "sex").agg(p=pl.len() / source.height)
    both = shares.join(expected, on=["view", "sex"])
    assert both.height == 4
    np.testing.assert_allclose(both["w"], both["p"], atol=1e-12)


def test_strata_of_one_side_only_are_unsupported_mass() -> None:
    target = pl.DataFrame({"age": ["old", "old", None, "young"]})
    source = pl.DataFrame({"age": ["old", "child", None, None]})
    found = match(target, source, ["age"])
    np.testing.assert_allclose(found.weights, [0.5, 0.5, 2, 0], atol=1e-15)
    assert (found.unsupported_source, found.unsupported_target) == (0.25, 0.25)


def test_nothing_in_common_leaves_an_effective_n_of_0() -> None:
    found = match(pl.DataFrame({"a": ["x"]}), pl.DataFrame({"a": ["y"]}), ["a"])
    assert (found.weights.tolist(), found.effective_n) == ([0.0], 0.0)


def test_all_problems_are_told_at_once() -> None:
    empty = pl.DataFrame({"a": []}, {"a": pl.String})
    with pytest.raises(DataError, match="no column 'b'") as caught:
        match(empty, pl.DataFrame({"b": ["x"]}), ["b"])
    assert "target: no image to match" in str(caught.value)
