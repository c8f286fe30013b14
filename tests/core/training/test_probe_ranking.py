import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from core.errors import DataError
from core.metrics.ranking import auroc, average_precision
from core.training.probe_ranking import rank_heads


def drawn(num_heads: int, num_images: int) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    rng = np.random.default_rng(0)
    labels = (rng.random(num_images) < 0.1).astype(np.int8)
    scores = rng.normal(size=(num_heads, num_images)) + labels
    return scores.astype(np.float32), labels


@pytest.mark.parametrize("decimals", [7, 1, 0], ids=["no ties", "some ties", "many ties"])
def test_every_head_is_ranked_as_scikit_learn_would(decimals: int) -> None:
    scores, labels = drawn(6, 400)
    scores = scores.round(decimals)
    ranking = rank_heads(scores, labels)
    precisions = [average_precision_score(labels, head) for head in scores]
    assert ranking.average_precision == pytest.approx(np.array(precisions))
    areas = [roc_auc_score(labels, head) for head in scores]
    assert ranking.auroc == pytest.approx(np.array(areas))


@settings(max_examples=200)
@given(
    scores=arrays(
        np.float32,
        st.tuples(st.integers(1, 3), st.just(6)),
        elements=st.sampled_from([-np.float32(1e30), -1.5, -0.0, 0.0, 1e-40, 0.5, 1.5]),
    ),
    labels=arrays(np.int8, 6, elements=st.integers(0, 1)).filter(lambda each: 0 < each.sum() < 6),
)
def test_the_numbers_are_those_of_the_metrics(
    scores: NDArray[np.float32], labels: NDArray[np.int8]
) -> None:
    ranking = rank_heads(scores, labels)
    for head, precision, area in zip(scores, ranking.average_precision, ranking.auroc, strict=True):
        assert precision == pytest.approx(average_precision(head, labels))
        assert area == pytest.approx(auroc(head, labels))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_score_that_is_not_finite_is_refused(value: float) -> None:
    scores, labels = drawn(2, 50)
    scores[1, 3] = value
    with pytest.raises(DataError, match="1 are not finite"):
        rank_heads(scores, labels)
