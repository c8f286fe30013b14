import numpy as np
import pytest

from core.errors import ProtocolError
from core.metrics.compare import Estimate
from core.metrics.seeds import THESE_MODELS, THIS_METHOD, combine, difference


def _training(value: float | None, seed: int, num_resamples: int = 500) -> Estimate:
    rng = np.random.default_rng(seed)
    centre = np.nan if value is None else value
    return Estimate(value, (centre + 0.02 * rng.normal(size=num_resamples)).astype(np.float32))


def test_two_variances_add_up() -> None:
    trainings = [_training(0.80, 1), _training(0.82, 2), _training(0.87, 3)]
    found = combine(trainings)
    of_patients = np.std(np.mean([each.replicates for each in trainings], axis=0), ddof=1)
    of_trainings = np.var([0.80, 0.82, 0.87], ddof=1) / 3
    assert found.value == pytest.approx(0.83, abs=1e-12)
    assert found.se_patients == pytest.approx(of_patients, rel=1e-5)
    assert found.se == pytest.approx(np.sqrt(of_patients**2 + of_trainings), rel=1e-5)
    assert (found.num_trainings, found.speaks_of) == ((3,), THIS_METHOD)


def test_a_difference_pairs_patients_and_adds_the_trainings_of_both() -> None:
    a, b = [_training(0.80, 1), _training(0.84, 2)], [_training(0.70, 1), _training(0.72, 2)]
    found = difference(a, b)
    assert found.value == pytest.approx(0.11, abs=1e-12)
    # The same noise on both sides: nothing is left of the patients.
    assert found.se_patients == pytest.approx(0, abs=1e-7)
    expected = np.sqrt((np.var([0.80, 0.84], ddof=1) + np.var([0.70, 0.72], ddof=1)) / 2)
    assert found.se == pytest.approx(expected, abs=1e-7)
    assert found.ci_low == pytest.approx(0.11 - 1.959964 * expected, abs=1e-6)


def test_one_training_speaks_of_these_models_only() -> None:
    found = difference([_training(0.8, 1)], [_training(0.7, 2), _training(0.72, 3)])
    assert found.speaks_of == THESE_MODELS
    assert found.num_trainings == (1, 2)
    assert combine([_training(0.8, 1)]).se_trainings is None


def test_an_undefined_training_leaves_the_mean_undefined() -> None:
    found = combine([_training(0.8, 1), _training(None, 2)])
    assert (found.value, found.se, found.ci_low, found.num_trainings) == (None, None, None, (2,))


def test_trainings_that_are_not_paired_are_refused() -> None:
    with pytest.raises(ProtocolError, match="not paired"):
        combine([_training(0.8, 1), _training(0.8, 2, num_resamples=9)])
    with pytest.raises(ProtocolError, match="without a training"):
        difference([_training(0.8, 1)], [])
