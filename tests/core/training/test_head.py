import numpy as np
import pytest

from core.errors import DataError
from core.findings import FINDINGS, NUM_FINDINGS
from core.training.head import CHUNK_ROWS, Head, Standardisation

RNG = np.random.default_rng(0)
FEATURES = RNG.normal(3, 20, (2 * CHUNK_ROWS + 7, 5)).astype(np.float32)
WEIGHT, BIAS = RNG.normal(size=(NUM_FINDINGS, 5)), RNG.normal(size=NUM_FINDINGS)


def test_the_mean_and_spread_are_numpy_s() -> None:
    standardisation = Standardisation.of(FEATURES)
    assert standardisation.mean == pytest.approx(FEATURES.mean(0, dtype=np.float64))
    assert standardisation.scale == pytest.approx(FEATURES.std(0, dtype=np.float64))


def test_standardised_features_have_mean_0_and_spread_1() -> None:
    standardised = Standardisation.of(FEATURES).apply(FEATURES)
    assert standardised.dtype == np.float32
    assert standardised.mean(0) == pytest.approx(np.zeros(5), abs=1e-6)
    assert standardised.std(0) == pytest.approx(np.ones(5), rel=1e-5)


def test_a_feature_that_is_constant_but_for_rounding_is_not_blown_up() -> None:
    features = np.full((300, 2), np.float32(0.1))
    features[::2, 1] = np.nextafter(np.float32(0.1), np.float32(1))
    standardised = Standardisation.of(features).apply(features + np.float32(1))
    assert standardised == pytest.approx(np.ones((300, 2)), abs=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_features_that_are_not_finite_are_refused(value: float) -> None:
    features = FEATURES.copy()
    features[-1, 2] = value
    with pytest.raises(DataError, match=r"^features: some are not finite"):
        Standardisation.of(features)


def test_the_folded_head_takes_raw_features() -> None:
    standardisation = Standardisation.of(FEATURES)
    head = standardisation.fold(WEIGHT, BIAS, FINDINGS)
    logits = standardisation.apply(FEATURES) @ WEIGHT.T + BIAS
    assert head.probabilities(FEATURES) == pytest.approx(1 / (1 + np.exp(-logits)), abs=1e-5)


def test_unfolding_undoes_folding() -> None:
    standardisation = Standardisation.of(FEATURES)
    weight, bias = standardisation.unfold(standardisation.fold(WEIGHT, BIAS, FINDINGS))
    assert weight == pytest.approx(WEIGHT, rel=1e-5)
    assert bias == pytest.approx(BIAS, abs=1e-5)


def test_extreme_logits_stay_probabilities() -> None:
    head = Head(np.full((14, 1), 1e4, np.float32), np.zeros(14, np.float32), FINDINGS)
    assert head.probabilities(np.array([[-1.0], [1.0]]))[:, 0].tolist() == [0.0, 1.0]
