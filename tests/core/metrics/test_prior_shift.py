import numpy as np
import pytest

from core.errors import DataError
from core.metrics.prior_shift import at_prevalence, target_prevalence


def _drawn(prevalence: float, num_images: int, seed: int = 0) -> np.ndarray:
    """Posteriors at prevalence 0.2 of two normal densities one apart, drawn at another."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=num_images) + 2 * (rng.random(num_images) < prevalence)
    odds = 0.2 / 0.8 * np.exp(2 * x - 2)
    return odds / (1 + odds)


@pytest.mark.parametrize("prevalence", [0.05, 0.2, 0.6])
def test_em_finds_the_prevalence_of_the_target(prevalence: float) -> None:
    found = target_prevalence(_drawn(prevalence, 20_000), 0.2)
    assert found.converged
    assert found.value == pytest.approx(prevalence, abs=0.015)


def test_em_ends_at_the_maximum_of_the_likelihood() -> None:
    scores = _drawn(0.4, 500)
    found = target_prevalence(scores, 0.2)
    grid = np.linspace(0.001, 0.999, 9981)
    ratios = scores[:, None] / 0.2 * grid + (1 - scores[:, None]) / 0.8 * (1 - grid)
    assert found.value == pytest.approx(grid[np.log(ratios).sum(axis=0).argmax()], abs=2e-4)


def test_bayes_rule_moves_the_odds_by_the_ratio_of_prior_odds() -> None:
    scores = np.array([0.0, 0.1, 0.5, 1.0])
    moved = at_prevalence(scores, 0.2, 0.5)
    np.testing.assert_allclose(moved[1:3] / (1 - moved[1:3]), 4 * np.array([1 / 9, 1]), atol=1e-12)
    assert (moved[0], moved[3]) == (0, 1)
    np.testing.assert_allclose(at_prevalence(moved, 0.5, 0.2), scores, atol=1e-12)


def test_without_scores_there_is_no_prevalence() -> None:
    assert target_prevalence(np.zeros(0), 0.2).value is None


@pytest.mark.parametrize("prevalence", [0.0, 1.0])
def test_a_prevalence_without_both_classes_is_refused(prevalence: float) -> None:
    with pytest.raises(DataError, match="not between 0 and 1"):
        target_prevalence(np.array([0.5]), prevalence)
