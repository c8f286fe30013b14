from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from core.datasets.patients import hash_split, note_shared_patients, patient_bucket
from core.errors import Problems


def test_a_patient_s_bucket_is_the_same_on_every_machine() -> None:
    assert [patient_bucket(str(patient)) for patient in range(8)] == [4, 3, 4, 5, 6, 3, 5, 5]


def test_a_tenth_of_the_patients_goes_to_each_bucket() -> None:
    counts = [0] * 10
    for patient in range(5000):
        counts[patient_bucket(f"p{patient}")] += 1
    assert max(abs(count - 500) for count in counts) < 5 * 500**0.5


@given(st.lists(st.text(max_size=5), min_size=1))
def test_all_images_of_a_patient_are_on_one_side(patients: list[str]) -> None:
    splits = hash_split(pl.Series(patients, dtype=pl.String), ("val", "train", "train"))
    sides = {(patient, split) for patient, split in zip(patients, splits, strict=True)}
    assert len(sides) == len(set(patients))


def test_a_patient_on_two_sides_is_named_with_images() -> None:
    manifest = pl.DataFrame(
        {
            "image_id": ["a", "b", "c"],
            "patient_id": ["7", "7", "8"],
            "split": ["train", "test", "test"],
        }
    )
    problems = Problems()
    note_shared_patients(problems, Path("t.csv"), manifest)
    (sentence,) = problems.found
    assert sentence.startswith("t.csv: patient '7' is in test and train (images a, b)")
