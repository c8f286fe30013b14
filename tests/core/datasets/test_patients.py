from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from core.datasets.patients import (
    hash_split,
    note_shared_patients,
    note_two_sexes,
    patient_bucket,
)
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


def test_a_patient_of_two_sexes_is_named_with_the_images() -> None:
    rows = [
        ("p1", "F", "b"),
        ("p1", "M", "a"),
        ("p1", None, "c"),
        ("p2", "F", "d"),
        ("p2", "F", "e"),
    ]
    manifest = pl.DataFrame(rows, schema=["patient_id", "sex", "image_id"], orient="row")
    problems = Problems()
    note_two_sexes(problems, Path("t.csv"), manifest)
    (problem,) = problems.found
    assert problem.startswith("t.csv: patient 'p1' is F and M (images a, b, c); one of the two")
