"""DeLong and Obuchowski against their papers' formulas, pair by pair."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from core.errors import DataError
from core.metrics.delong import clustered, delong, difference, estimate

Array = NDArray[np.float64]


def _data(seed: int, num_images: int = 60) -> tuple[Array, NDArray[np.int8], NDArray[np.str_]]:
    rng = np.random.default_rng(seed)
    labels = (rng.random(num_images) < 0.4).astype(np.int8)
    scores = (rng.normal(size=(2, num_images)) + labels).round(1)
    return scores, labels, rng.integers(num_images // 3, size=num_images).astype(str)


def _psi(positive: float, negative: float) -> float:
    return 1.0 if positive > negative else 0.5 if positive == negative else 0.0


def _components(scores: Array, labels: NDArray[np.int8]) -> tuple[Array, Array]:
    x, y = scores[labels == 1], scores[labels == 0]
    v10 = np.array([np.mean([_psi(a, b) for b in y]) for a in x])
    v01 = np.array([np.mean([_psi(a, b) for a in x]) for b in y])
    return v10.astype(np.float64), v01.astype(np.float64)


def _delong_literal(scores: Array, labels: NDArray[np.int8]) -> Array:
    """S = S10 / m + S01 / n, DeLong et al. 1988."""
    components = [_components(each, labels) for each in scores]
    s10 = np.cov([v10 for v10, _ in components])
    s01 = np.cov([v01 for _, v01 in components])
    return s10 / (labels == 1).sum() + s01 / (labels == 0).sum()


def _obuchowski_literal(
    scores: Array, labels: NDArray[np.int8], patients: NDArray[np.str_]
) -> Array:
    """Obuchowski 1997: sums over the images of each cluster, cluster by cluster."""
    m, n = (labels == 1).sum(), (labels == 0).sum()
    names = sorted(set(patients))
    num_with_positive = len(set(patients[labels == 1]))
    num_with_negative = len(set(patients[labels == 0]))
    of_patient: list[list[tuple[float, float]]] = []
    for each in scores:
        v10, v01 = _components(each, labels)
        area = v10.mean()
        of_patient.append(
            [
                (
                    v10[patients[labels == 1] == name].sum()
                    - (patients[labels == 1] == name).sum() * area,
                    v01[patients[labels == 0] == name].sum()
                    - (patients[labels == 0] == name).sum() * area,
                )
                for name in names
            ]
        )
    covariance = np.zeros((2, 2))
    for r in range(2):
        for s in range(2):
            pairs = list(zip(of_patient[r], of_patient[s], strict=True))
            s10 = sum(a[0] * b[0] for a, b in pairs) * num_with_positive
            s10 /= (num_with_positive - 1) * m
            s01 = sum(a[1] * b[1] for a, b in pairs) * num_with_negative
            s01 /= (num_with_negative - 1) * n
            s11 = sum(a[0] * b[1] for a, b in pairs) * len(names) / (len(names) - 1)
            s11_back = sum(b[0] * a[1] for a, b in pairs) * len(names) / (len(names) - 1)
            covariance[r, s] = s10 / m + s01 / n + (s11 + s11_back) / (m * n)
    return covariance


@pytest.mark.parametrize("seed", range(3))
def test_plain_delong_is_the_papers_formula(seed: int) -> None:
    scores, labels, _ = _data(seed)
    found = delong(scores, labels)
    expected = [roc_auc_score(labels, each) for each in scores]
    np.testing.assert_allclose(found.values, expected, atol=1e-12)
    np.testing.assert_allclose(found.covariance, _delong_literal(scores, labels), atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_the_clustered_variance_is_obuchowskis_formula(seed: int) -> None:
    scores, labels, patients = _data(seed)
    found = clustered(scores, labels, patients)
    expected = _obuchowski_literal(scores, labels, patients)
    np.testing.assert_allclose(found.covariance, expected, atol=1e-12)


def test_one_image_a_patient_gives_plain_delong() -> None:
    scores, labels, _ = _data(5)
    alone = np.arange(len(labels)).astype(str)
    found = clustered(scores, labels, alone).covariance
    np.testing.assert_allclose(found, delong(scores, labels).covariance, atol=1e-15)


def test_a_difference_is_paired() -> None:
    scores, labels, patients = _data(7)
    areas = clustered(scores, labels, patients)
    found = difference(areas)
    se = np.sqrt(np.array([1, -1]) @ areas.covariance @ np.array([1, -1]))
    assert found.se == pytest.approx(se, abs=1e-12)
    assert found.p_value == pytest.approx(2 * norm.sf(abs(found.value) / se), abs=1e-9)
    assert (found.ci_low, found.ci_high) == pytest.approx(
        norm.interval(0.95, loc=found.value, scale=se), abs=1e-9
    )


def test_equal_scores_differ_by_nothing() -> None:
    scores, labels, patients = _data(1)
    found = difference(clustered(scores[[0, 0]], labels, patients))
    assert (found.value, found.p_value) == (0.0, 1.0)


def test_one_positive_patient_has_no_variance() -> None:
    scores, labels, patients = _data(2)
    patients[labels == 1] = "alone"
    found = estimate(clustered(scores[:1], labels, patients))
    assert 0 < found.value < 1
    assert np.isnan([found.se, found.ci_low, found.ci_high, found.p_value]).all()


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(DataError, match="not finite") as caught:
        delong(np.array([[0.1, np.nan]]), np.array([1, 1], dtype=np.int8))
    assert "no AUROC" in str(caught.value)
