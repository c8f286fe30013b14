from dataclasses import replace

import numpy as np
import pytest

from core.roles import NOT_SCORED, SourceTrain
from core.training.probe_sample import resample
from tests.fixtures.source_examples import partly_unknown, source

TRAIN = source(SourceTrain, 600, seed=0)


def test_source_train_as_it_is_counts_every_image_once() -> None:
    whole = resample(TRAIN, None)
    assert whole.image_counts.tolist() == [1] * 600
    assert whole.num_positive.tolist() == (TRAIN.labels == 1).sum(0).tolist()


def test_a_resample_draws_as_many_patients_as_there_are() -> None:
    counts = resample(TRAIN, 0).image_counts
    assert counts[::2].sum() == 300
    assert counts[::2].tolist() == counts[1::2].tolist()


def test_about_a_third_of_the_patients_is_left_out() -> None:
    absent = [(resample(TRAIN, number).image_counts == 0).mean() for number in range(40)]
    assert np.mean(absent) == pytest.approx(1 / np.e, abs=0.01)


def test_the_same_number_draws_the_same_patients_in_any_order_of_the_images() -> None:
    order = np.random.default_rng(0).permutation(600)
    shuffled = replace(
        TRAIN,
        image_ids=TRAIN.image_ids[order],
        patient_ids=TRAIN.patient_ids[order],
        values=TRAIN.values[order],
        labels=TRAIN.labels[order],
    )
    expected = resample(TRAIN, 3).image_counts[order]
    assert resample(shuffled, 3).image_counts.tolist() == expected.tolist()


def test_other_numbers_and_other_data_sets_draw_other_patients() -> None:
    elsewhere = replace(TRAIN, dataset="chexpert", source="chexpert")
    drawn = [resample(TRAIN, 0), resample(TRAIN, 1), resample(elsewhere, 0)]
    assert len({each.image_counts.tobytes() for each in drawn}) == 3


def test_labels_are_counted_as_often_as_their_image_and_unknown_ones_never() -> None:
    train = partly_unknown(TRAIN, 0.3)
    drawn = resample(train, 2)
    repeated = np.repeat(train.labels, drawn.image_counts.astype(int), axis=0)
    assert drawn.num_positive.tolist() == (repeated == 1).sum(0).tolist()
    assert drawn.num_negative.tolist() == (repeated == 0).sum(0).tolist()
    assert (repeated == NOT_SCORED).any()
