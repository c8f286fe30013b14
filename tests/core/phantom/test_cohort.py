from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import multivariate_normal, norm

from core.findings import FINDINGS, NUM_FINDINGS, Finding
from core.phantom.associations import (
    NUM_LATENTS,
    PREVALENCES,
    patient_correlation,
    study_correlation,
)
from core.phantom.cohort import Patient, Study, draw_patient, draw_patients
from core.phantom.hospitals import HOSPITALS, SOURCE, TARGET
from core.phantom.spec import PhantomSpec, Prevalence

NUM_PATIENTS = 6000


def studies_of(patients: Sequence[Patient]) -> list[Study]:
    return [study for patient in patients for study in patient.studies]


def first_studies(patients: Sequence[Patient]) -> list[Study]:
    return [patient.studies[0] for patient in patients]


def labels(studies: Sequence[Study], kind: str = "present") -> NDArray[np.bool_]:
    return np.array([getattr(study, kind) for study in studies])


@pytest.fixture(scope="module")
def source() -> list[Patient]:
    return list(draw_patients(PhantomSpec(num_patients=NUM_PATIENTS), HOSPITALS[SOURCE]))


@pytest.fixture(scope="module")
def target() -> list[Patient]:
    return list(draw_patients(PhantomSpec(num_patients=NUM_PATIENTS), HOSPITALS[TARGET]))


def sampling_error(share: NDArray[np.float64] | float, num: int) -> NDArray[np.float64]:
    """Four and a half standard errors: one false alarm in about 150,000 comparisons."""
    return 4.5 * np.sqrt(np.asarray(share) * (1 - np.asarray(share)) / num)


@pytest.mark.parametrize("prevalence", list(PREVALENCES))
def test_findings_are_as_frequent_as_stated(prevalence: Prevalence) -> None:
    spec = PhantomSpec(num_patients=4000, prevalence=prevalence)
    # One study a patient: studies of a patient are alike.
    drawn = labels(first_studies(list(draw_patients(spec, HOSPITALS[TARGET]))))
    stated = np.array(PREVALENCES[prevalence])
    assert np.all(np.abs(drawn.mean(axis=0) - stated) < sampling_error(stated, len(drawn)))


def test_every_enriched_finding_is_in_at_least_a_twentieth_of_the_images() -> None:
    assert min(PREVALENCES["enriched"]) > 0.05


def test_natural_prevalences_are_those_of_the_release_in_the_order_of_the_findings() -> None:
    natural = dict(zip(FINDINGS, PREVALENCES["natural"], strict=True))
    num_images = 112_120
    counted = {Finding.HERNIA: 227, Finding.INFILTRATION: 19_894, Finding.PNEUMOTHORAX: 5_302}
    for finding, count in counted.items():
        assert natural[finding] == pytest.approx(count / num_images, abs=2e-5)


def test_pairs_of_findings_occur_together_as_the_copula_says(source: list[Patient]) -> None:
    drawn = labels(first_studies(source))
    correlation, cuts = study_correlation(), norm.ppf(PREVALENCES["enriched"])
    for first in range(NUM_FINDINGS):
        for second in range(first):
            covariance = correlation[np.ix_((first, second), (first, second))]
            at = np.array([cuts[first], cuts[second]])
            share = multivariate_normal(cov=covariance).cdf(at)  # pyright: ignore[reportArgumentType]
            both = (drawn[:, first] & drawn[:, second]).mean()
            assert abs(both - share) < sampling_error(share, len(drawn)) + 1e-4


def test_the_best_known_associations_have_their_sign() -> None:
    correlation = study_correlation()
    at = {finding: number for number, finding in enumerate(FINDINGS)}
    view = NUM_LATENTS - 1
    assert correlation[at[Finding.EDEMA], at[Finding.PNEUMONIA]] > 0.4
    assert correlation[at[Finding.EMPHYSEMA], at[Finding.PNEUMOTHORAX]] > 0.4
    assert correlation[at[Finding.EDEMA], view] > 0.4
    assert correlation[at[Finding.HERNIA], view] < -0.1


@pytest.mark.parametrize("correlation", [study_correlation(), patient_correlation()])
def test_correlations_are_symmetric_and_can_be_drawn_from(
    correlation: NDArray[np.float64],
) -> None:
    assert np.array_equal(correlation, correlation.T)
    assert np.linalg.eigvalsh(correlation).min() > 0.05


@pytest.mark.parametrize("name", list(HOSPITALS))
def test_views_and_sexes_have_the_hospitals_shares(name: str) -> None:
    hospital = HOSPITALS[name]
    patients = list(draw_patients(PhantomSpec(num_patients=4000), hospital))
    ap = np.mean([patient.studies[0].view == "AP" for patient in patients])
    female = np.mean([patient.sex == "F" for patient in patients])
    assert abs(ap - hospital.share_ap) < sampling_error(hospital.share_ap, 4000)
    assert abs(female - hospital.share_female) < sampling_error(hospital.share_female, 4000)


def test_a_finding_tends_to_last_from_study_to_study(source: list[Patient]) -> None:
    pairs = [patient.studies[:2] for patient in source if len(patient.studies) > 1]
    before, after = (labels([pair[place] for pair in pairs]) for place in (0, 1))
    lasting = after[before].mean()
    new = after[~before].mean()
    assert lasting > 3 * new


def test_the_source_has_clean_labels(source: list[Patient]) -> None:
    studies = studies_of(source)
    assert np.array_equal(labels(studies), labels(studies, "given"))


def test_the_target_has_the_stated_label_noise(target: list[Patient]) -> None:
    studies = studies_of(target)
    present, given = labels(studies), labels(studies, "given")
    false_share = (given & ~present).sum(axis=0) / given.sum(axis=0)
    missed_share = (present & ~given).sum(axis=0) / present.sum(axis=0)
    assert np.all(np.abs(false_share - 0.1) < sampling_error(0.1, given.sum(axis=0).min()))
    assert np.all(np.abs(missed_share - 0.1) < sampling_error(0.1, present.sum(axis=0).min()))


def test_label_noise_can_be_turned_off() -> None:
    spec = PhantomSpec(num_patients=300, false_positive_share=0, missed_share=0)
    studies = studies_of(list(draw_patients(spec, HOSPITALS[TARGET])))
    assert np.array_equal(labels(studies), labels(studies, "given"))


def test_the_token_goes_with_its_finding_in_the_source(source: list[Patient]) -> None:
    studies = first_studies(source)
    token = np.array([study.token for study in studies])
    ill = labels(studies)[:, FINDINGS.index(Finding.PNEUMOTHORAX)]
    rate = PREVALENCES["enriched"][FINDINGS.index(Finding.PNEUMOTHORAX)]
    strength = PhantomSpec().shortcut_strength
    expected_ill = rate + strength * (1 - rate)
    expected_well = rate * (1 - strength)
    assert abs(token[ill].mean() - expected_ill) < sampling_error(expected_ill, int(ill.sum()))
    assert abs(token[~ill].mean() - expected_well) < sampling_error(
        expected_well, int((~ill).sum())
    )
    assert abs(token.mean() - rate) < sampling_error(rate, len(token))


def test_the_token_knows_nothing_in_the_target(target: list[Patient]) -> None:
    studies = first_studies(target)
    token = np.array([study.token for study in studies])
    rate = PREVALENCES["enriched"][FINDINGS.index(Finding.PNEUMOTHORAX)]
    for finding, ill in zip(FINDINGS, labels(studies).T, strict=True):
        error = sampling_error(rate, int(ill.sum()))
        assert abs(token[ill].mean() - rate) < error, finding
    assert abs(token.mean() - rate) < sampling_error(rate, len(token))


def test_at_full_strength_the_token_tells_the_finding() -> None:
    spec = PhantomSpec(num_patients=400, shortcut_finding=Finding.MASS, shortcut_strength=1.0)
    for study in studies_of(list(draw_patients(spec, HOSPITALS[SOURCE]))):
        assert study.token == study.present[FINDINGS.index(Finding.MASS)]


def test_without_a_shortcut_finding_there_is_no_token() -> None:
    spec = PhantomSpec(num_patients=200, shortcut_finding=None)
    assert not any(
        study.token
        for hospital in HOSPITALS.values()
        for study in studies_of(list(draw_patients(spec, hospital)))
    )


def test_settings_change_only_what_they_are_about() -> None:
    hospital = HOSPITALS[TARGET]
    plain = draw_patient(PhantomSpec(), hospital, 5)
    other = draw_patient(
        PhantomSpec(num_patients=7, shortcut_strength=0.1, missed_share=0.4), hospital, 5
    )
    assert [(s.present, s.severity, s.view) for s in plain.studies] == [
        (s.present, s.severity, s.view) for s in other.studies
    ]


def test_seeds_and_hospitals_give_other_patients() -> None:
    first = draw_patient(PhantomSpec(seed=0), HOSPITALS[SOURCE], 0)
    assert (
        first.studies[0].severity
        != draw_patient(PhantomSpec(seed=1), HOSPITALS[SOURCE], 0).studies[0].severity
    )
    assert (
        first.studies[0].severity
        != draw_patient(PhantomSpec(seed=0), HOSPITALS[TARGET], 0).studies[0].severity
    )


def test_severities_are_continuous_and_cover_the_subtle_and_the_gross(
    source: list[Patient],
) -> None:
    severity = np.array([study.severity for study in studies_of(source)])
    assert severity.min() >= 0
    assert severity.max() <= 1
    assert 0.05 < np.mean(severity < 0.2) < 0.4
    assert 0.05 < np.mean(severity > 0.8) < 0.4
