import numpy as np
import pytest

from core.metrics.bootstrap import PatientBootstrap, percentile_interval

PATIENTS = np.array(["b", "a", "c", "a", "b", "b"])


def _all_counts(bootstrap: PatientBootstrap, size: int) -> np.ndarray:
    return np.concatenate(list(bootstrap.chunks(size)), axis=1)


def test_each_replicate_draws_as_many_patients_as_there_are() -> None:
    counts = _all_counts(PatientBootstrap(PATIENTS, seed=3, num_resamples=200), 64)
    assert counts.shape == (4, 200)
    np.testing.assert_array_equal(counts.sum(axis=0), 3)
    np.testing.assert_array_equal(counts[-1], 0)


def test_patients_are_drawn_equally_often() -> None:
    counts = _all_counts(PatientBootstrap(PATIENTS, seed=3, num_resamples=3000), 500)[:-1]
    np.testing.assert_allclose(counts.mean(axis=1), 1, atol=0.06)
    # Multinomial: variance P · (1/P) · (1 − 1/P) = 2/3.
    np.testing.assert_allclose(counts.var(axis=1), 2 / 3, atol=0.06)


def test_images_of_a_patient_go_together() -> None:
    bootstrap = PatientBootstrap(PATIENTS, seed=0, num_resamples=5)
    weights = bootstrap.image_weights(_all_counts(bootstrap, 5))
    np.testing.assert_array_equal(weights[1], weights[3])
    np.testing.assert_array_equal(weights[0], weights[5])


def test_chunks_and_further_replicates_change_nothing() -> None:
    few = _all_counts(PatientBootstrap(PATIENTS, seed=7, num_resamples=10), 10)
    many = _all_counts(PatientBootstrap(PATIENTS, seed=7, num_resamples=33), 4)
    np.testing.assert_array_equal(few, many[:, :10])


def test_the_order_of_the_images_changes_nothing() -> None:
    order = np.array([5, 3, 0, 1, 2, 4])
    one = PatientBootstrap(PATIENTS, seed=7, num_resamples=20)
    two = PatientBootstrap(PATIENTS[order], seed=7, num_resamples=20)
    weights_one = one.image_weights(_all_counts(one, 8))
    weights_two = two.image_weights(_all_counts(two, 8))
    np.testing.assert_array_equal(weights_one[order], weights_two)


def test_another_stream_or_seed_draws_other_patients() -> None:
    base = _all_counts(PatientBootstrap(PATIENTS, seed=7, num_resamples=50), 50)
    for other in (
        PatientBootstrap(PATIENTS, seed=7, num_resamples=50, stream=1),
        PatientBootstrap(PATIENTS, seed=8, num_resamples=50),
    ):
        assert (_all_counts(other, 50) != base).any()


def test_the_interval_is_the_percentiles_of_the_defined_replicates() -> None:
    values = np.random.default_rng(0).normal(size=400)
    interval = percentile_interval(np.concatenate([values, [np.nan] * 3]))
    assert (interval.low, interval.high) == pytest.approx(np.percentile(values, [2.5, 97.5]))
    assert interval.num_undefined == 3


@pytest.mark.parametrize("replicates", [[], [np.nan, np.nan]])
def test_without_a_defined_replicate_there_is_no_interval(replicates: list[float]) -> None:
    interval = percentile_interval(np.array(replicates, dtype=np.float64))
    assert (interval.low, interval.high) == (None, None)
    assert interval.num_undefined == len(replicates)
