from hashlib import sha256

import numpy as np
import pytest

from core.findings import FINDINGS, Finding
from core.metrics.sample import label_set_name, sample_of, undefined_reason
from core.roles import NOT_SCORED

N = NOT_SCORED
LABELS = np.array([[1, N], [0, N], [1, 0], [N, N], [0, 1]], dtype=np.int8)
PATIENT_ROWS = np.array([0, 0, 0, 1, 2])


def test_a_finding_counts_its_own_images_and_patients() -> None:
    sample = sample_of(LABELS[:, [0]], PATIENT_ROWS)
    assert (sample.n, sample.n_positive) == (4, 2)
    assert (sample.n_patients, sample.n_positive_patients) == (2, 1)


def test_several_findings_count_an_image_once_and_the_fewest_positive_patients() -> None:
    sample = sample_of(LABELS, PATIENT_ROWS)
    assert (sample.n, sample.n_positive) == (4, 3)
    assert (sample.n_patients, sample.n_positive_patients) == (2, 1)


def test_positive_images_weigh_like_kishs_effective_number_of_patients() -> None:
    labels = np.array([[1], [1], [1], [1], [0], [1]], dtype=np.int8)
    sample = sample_of(labels, np.array([0, 0, 0, 1, 2, 2]))
    assert sample.effective_positive_patients == pytest.approx(25 / (9 + 1 + 1), abs=1e-12)


def test_no_finding_at_all_counts_nobody() -> None:
    sample = sample_of(LABELS[:, []], PATIENT_ROWS)
    assert (sample.n, sample.n_positive, sample.n_patients, sample.n_positive_patients) == (0,) * 4


@pytest.mark.parametrize(
    ("labels", "score", "reason"),
    [
        ([N, N], 0.5, "not-annotated"),
        ([1, 0], np.nan, "not-predicted"),
        ([0, N], 0.5, "one-class"),
        ([1, 1], 0.5, "one-class"),
        ([1, 0], 0.5, None),
    ],
)
def test_a_finding_without_value_says_why(
    labels: list[int], score: float, reason: str | None
) -> None:
    sample = sample_of(np.array(labels, dtype=np.int8)[:, None], np.array([0, 1]))
    assert undefined_reason(np.full(2, score), sample) == reason


def test_all_findings_need_no_hash() -> None:
    assert label_set_name("macro", FINDINGS) == "macro@14"


def test_fewer_findings_are_named_by_the_hash_of_their_names_in_the_order_of_the_tables() -> None:
    digest = sha256(b"Edema,Hernia").hexdigest()[:4]
    assert label_set_name("micro", (Finding.HERNIA, Finding.EDEMA)) == f"micro@2:{digest}"
