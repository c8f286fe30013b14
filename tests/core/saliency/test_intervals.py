import numpy as np
import pytest

from core.metrics.bootstrap import PatientBootstrap
from core.saliency.intervals import FLAGS, mean_estimates, mean_replicates

RNG = np.random.default_rng(4)
PATIENTS = np.repeat([f"p{k}" for k in range(25)], 2)


def test_the_mean_of_each_column_leaves_undefined_images_out() -> None:
    values = RNG.uniform(size=(50, 2))
    values[:7, 1] = np.nan

    first, second = mean_estimates(values, PatientBootstrap(PATIENTS, 0, 100))

    assert first.value == pytest.approx(values[:, 0].mean())
    assert second.value == pytest.approx(values[7:, 1].mean())
    assert (second.n, second.n_undefined, second.n_patients) == (43, 7, 22)


def test_replicates_equal_weighted_means() -> None:
    values = RNG.uniform(size=(50, 1))
    values[:4] = np.nan
    bootstrap = PatientBootstrap(PATIENTS, 3, 300)
    weights = np.concatenate([bootstrap.image_weights(each).T for each in bootstrap.chunks(77)])

    replicates = mean_replicates(values, bootstrap)[:, 0]

    expected = [np.average(values[4:, 0], weights=each[4:]) for each in weights]
    np.testing.assert_allclose(replicates, expected)


def test_images_of_one_patient_go_together() -> None:
    """Two images that are always equal widen the interval as one image would."""
    once = RNG.normal(size=(25, 1))
    twice = np.repeat(once, 2, axis=0)

    pairs = mean_estimates(twice, PatientBootstrap(PATIENTS, 0, 500))[0]
    singles = mean_estimates(once, PatientBootstrap(np.unique(PATIENTS), 0, 500))[0]

    assert pairs.ci_low == pytest.approx(singles.ci_low, abs=0.2)
    assert pairs.ci_high == pytest.approx(singles.ci_high, abs=0.2)
    assert pairs.value == pytest.approx(singles.value)


def test_nothing_to_score_is_null_with_its_n() -> None:
    estimate = mean_estimates(np.full((50, 1), np.nan), PatientBootstrap(PATIENTS, 0, 20))[0]

    assert (estimate.value, estimate.ci_low, estimate.n) == (None, None, 0)
    assert estimate.flag == "nothing-to-score"


def test_no_image_at_all_is_null() -> None:
    nobody = PatientBootstrap(np.array([], np.str_), 0, 20)

    estimate = mean_estimates(np.empty((0, 1)), nobody)[0]

    assert (estimate.value, estimate.n, estimate.flag) == (None, 0, "nothing-to-score")


def test_few_patients_are_flagged_and_one_has_no_interval() -> None:
    few = mean_estimates(RNG.uniform(size=(4, 1)), PatientBootstrap(PATIENTS[:4], 0, 20))[0]
    one = mean_estimates(RNG.uniform(size=(2, 1)), PatientBootstrap(PATIENTS[:2], 0, 20))[0]

    assert few.flag == one.flag == "few-patients"
    assert few.ci_low is not None
    assert (one.ci_low, one.ci_high) == (None, None)


def test_replicates_without_a_value_are_flagged() -> None:
    values = np.full((50, 1), np.nan)
    values[0] = 0.5

    estimate = mean_estimates(values, PatientBootstrap(PATIENTS, 0, 200))[0]

    assert estimate.flag == "few-patients, undefined-replicates"


def test_every_flag_is_a_sentence() -> None:
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in FLAGS.values())
