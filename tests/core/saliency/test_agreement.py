import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import spearmanr

from core.metrics.bootstrap import PatientBootstrap
from core.saliency.agreement import (
    AGREEMENT_METRICS,
    Likeness,
    agreement_estimate,
    beyond_chance,
    likeness,
    likeness_on_one,
    partners_of,
)
from core.saliency.raster import pooled_to

RNG = np.random.default_rng(2)
PATIENTS = np.repeat([f"p{k}" for k in range(10)], 2)


def maps(num_images: int = 20, side: int = 7) -> NDArray[np.float32]:
    return RNG.normal(size=(num_images, side, side)).astype(np.float32)


def rank_correlation(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    return float(np.asarray(spearmanr(one.ravel(), other.ravel()))[0])


def literal_iou(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    tops = [set(np.argsort(-each.ravel())[:5].tolist()) for each in (one, other)]
    return len(tops[0] & tops[1]) / len(tops[0] | tops[1])


@pytest.mark.parametrize("name", AGREEMENT_METRICS)
def test_a_map_agrees_with_itself_wholly(name: str) -> None:
    found = likeness(one := maps(), one, PATIENTS, 0)[name]

    np.testing.assert_allclose(found.same, 1)
    assert agreement_estimate(found, PatientBootstrap(PATIENTS, 0, 50))[0].value == pytest.approx(1)


@pytest.mark.parametrize("name", AGREEMENT_METRICS)
def test_unrelated_maps_agree_as_chance_does(name: str) -> None:
    patients = np.array([f"p{k}" for k in range(400)])
    found = likeness(maps(400), maps(400), patients, 0)[name]
    estimate, same, chance = agreement_estimate(found, PatientBootstrap(patients, 0, 200))

    assert estimate.value == pytest.approx(0, abs=0.03)
    assert same == pytest.approx(chance, abs=0.03)


@pytest.mark.parametrize("name", AGREEMENT_METRICS)
def test_what_all_maps_share_is_not_agreement(name: str) -> None:
    patients = np.array([f"p{k}" for k in range(200)])
    common = 3 * maps(1)
    found = likeness(common + maps(200), common + maps(200), patients, 0)[name]
    estimate, same, _ = agreement_estimate(found, PatientBootstrap(patients, 0, 100))

    assert same > 0.5
    assert estimate.value == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("name", AGREEMENT_METRICS)
def test_a_constant_or_missing_map_is_undefined(name: str) -> None:
    first = maps(side=14)
    first[0], first[2] = 4.1, np.nan

    same = likeness(first, maps(), PATIENTS, 0)[name].same

    assert np.isnan(same).nonzero()[0].tolist() == [0, 2]


@pytest.mark.parametrize("name", AGREEMENT_METRICS)
def test_undefined_images_are_counted_and_left_out(name: str) -> None:
    first = maps()
    first[3] = 0
    found = likeness(first, first, PATIENTS, 0)[name]

    estimate = agreement_estimate(found, PatientBootstrap(PATIENTS, 0, 50))[0]

    assert (estimate.n, estimate.n_undefined, estimate.n_patients) == (19, 1, 10)


def test_spearman_equals_that_of_scipy_with_ties() -> None:
    one, other = np.round(maps(), 1), np.round(maps(), 1)

    same = likeness(one, other, PATIENTS, 0)["spearman"].same

    for k in range(len(one)):
        assert same[k] == pytest.approx(rank_correlation(one[k], other[k]))


def test_one_image_has_the_likeness_of_the_whole_set() -> None:
    one, other = np.round(maps(side=14), 1), np.round(maps(), 1)
    whole = likeness(one, other, PATIENTS, 0)["spearman"]
    partners = partners_of(PATIENTS, 0)

    for k in (0, 7):
        found = likeness_on_one(one[k], other[k], other[partners[k][partners[k] >= 0]])

        assert found.same[0] == pytest.approx(whole.same[k])
        assert found.chance[0] == pytest.approx(whole.chance[k])


def test_one_image_without_others_or_contrast_is_undefined() -> None:
    (one,), nobody = maps(1), np.empty((0, 7, 7))

    assert np.isnan(likeness_on_one(one, one, nobody).chance).all()
    assert np.isnan(likeness_on_one(np.zeros((7, 7)), one, maps()).same).all()


def test_beyond_chance_puts_chance_at_0_and_the_same_map_at_1() -> None:
    same, chance = np.array([0.2, 1.0, 0.6, 1.0]), np.array([0.2, 0.2, 0.2, 1.0])

    np.testing.assert_allclose(beyond_chance(same, chance), [0, 1, 0.5, np.nan])


def test_the_top_decile_is_the_five_highest_of_49_cells() -> None:
    one, other = maps(), maps()

    same = likeness(one, other, PATIENTS, 0)["top_decile_iou"].same

    expected = [literal_iou(each, partner) for each, partner in zip(one, other, strict=True)]
    np.testing.assert_allclose(same, expected)


@pytest.mark.parametrize("name", AGREEMENT_METRICS)
def test_grids_meet_on_the_coarser_one(name: str) -> None:
    fine, coarse = maps(side=14), maps()
    expected = likeness(pooled_to(fine.astype(np.float64), 7), coarse, PATIENTS, 0)[name]

    np.testing.assert_allclose(likeness(fine, coarse, PATIENTS, 0)[name].same, expected.same)


def test_chance_is_the_mean_over_partners_of_other_patients() -> None:
    one, other = maps(), maps()
    partners = partners_of(PATIENTS, 0)

    chance = likeness(one, other, PATIENTS, 0)["spearman"].chance

    for k in (0, 7, 19):
        expected = [rank_correlation(one[k], other[j]) for j in partners[k] if j >= 0]
        assert chance[k] == pytest.approx(np.mean(expected))


def test_partners_are_other_images_of_other_patients() -> None:
    partners = partners_of(PATIENTS, 0)

    for k, row in enumerate(partners):
        chosen = row[row >= 0]
        assert len(set(chosen.tolist())) == len(chosen) == 18
        assert (PATIENTS[chosen] != PATIENTS[k]).all()


def test_a_single_patient_has_no_chance_level() -> None:
    same_patient = np.repeat(["p"], 20)
    found = likeness(maps(), maps(), same_patient, 0)["spearman"]

    estimate, _, chance = agreement_estimate(found, PatientBootstrap(same_patient, 0, 20))

    assert (estimate.value, estimate.n) == (None, 0)
    assert np.isnan(chance)


def test_the_correction_is_of_means_and_its_interval_of_the_same() -> None:
    same, chance = RNG.uniform(0.5, 1, 20), RNG.uniform(0.1, 0.3, 20)
    bootstrap = PatientBootstrap(PATIENTS, 0, 400)

    estimate, *both = agreement_estimate(Likeness(same, chance), bootstrap)

    assert both == [pytest.approx(same.mean()), pytest.approx(chance.mean())]
    assert estimate.value == pytest.approx((same.mean() - chance.mean()) / (1 - chance.mean()))
    corrected = [
        (np.average(same, weights=w) - np.average(chance, weights=w))
        / (1 - np.average(chance, weights=w))
        for counts in bootstrap.chunks(400)
        for w in bootstrap.image_weights(counts).T
    ]
    low, high = np.quantile(corrected, [0.025, 0.975])
    assert (estimate.ci_low, estimate.ci_high) == (pytest.approx(low), pytest.approx(high))
