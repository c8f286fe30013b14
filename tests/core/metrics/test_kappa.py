import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import fleiss_kappa as reference_fleiss

from core.metrics.kappa import cohen_kappa, fleiss_kappa

PAIRS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=40)


@given(PAIRS)
def test_two_readers_agree_as_in_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    first, second = np.array(pairs).T
    if len(set(first) | set(second)) == 1:
        assert cohen_kappa(first, second) is None
        return

    assert cohen_kappa(first, second) == pytest.approx(cohen_kappa_score(first, second))


@given(st.integers(0, 2**31), st.integers(2, 5))
def test_many_readers_agree_as_in_statsmodels(seed: int, num_readers: int) -> None:
    counts = np.random.default_rng(seed).multinomial(num_readers, [0.5, 0.3, 0.2], size=12)
    if (counts.sum(0) > 0).sum() == 1:
        return

    assert fleiss_kappa(counts) == pytest.approx(reference_fleiss(counts))


def test_one_category_alone_says_nothing_about_agreement() -> None:
    assert fleiss_kappa(np.array([[3, 0], [3, 0]])) is None
    assert cohen_kappa(np.zeros(4, int), np.zeros(4, int)) is None


def test_without_subjects_there_is_no_agreement() -> None:
    assert cohen_kappa(np.empty(0, int), np.empty(0, int)) is None
    assert fleiss_kappa(np.empty((0, 3), int)) is None


@pytest.mark.parametrize("counts", [[[2, 0], [1, 0]], [[1, 0], [0, 1]]])
def test_subjects_with_other_numbers_of_ratings_are_refused(counts: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="same number of ratings"):
        fleiss_kappa(np.array(counts))
