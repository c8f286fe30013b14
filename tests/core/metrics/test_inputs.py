import numpy as np
import pytest

from core.errors import DataError
from core.metrics.inputs import check_inputs
from core.roles import NOT_SCORED

PATIENTS = np.array(["a", "b", "c"])


def test_a_column_of_nan_is_a_finding_that_is_not_predicted() -> None:
    scores = np.full((3, 14), 0.5)
    scores[:, 3] = np.nan
    check_inputs(scores, np.full((3, 14), NOT_SCORED, dtype=np.int8), PATIENTS, "here")


def test_all_problems_are_reported_with_their_findings() -> None:
    scores, labels = np.full((3, 14), 0.5), np.zeros((3, 14), dtype=np.int8)
    scores[1, 3], scores[2, 7], labels[:2, 0] = np.nan, np.inf, -1
    with pytest.raises(DataError) as caught:
        check_inputs(scores, labels, PATIENTS, "here")
    assert caught.value.problems == (
        "here, Atelectasis: 2 labels are none of 1, 0, -128.",
        "here, Edema: 1 of 3 scores are not finite.",
        "here, Hernia: 1 of 3 scores are not finite.",
    )


def test_a_wrong_shape_is_reported_before_anything_is_read() -> None:
    with pytest.raises(DataError, match=r"labels have shape \(3, 13\), expected \(3, 14\)"):
        check_inputs(np.zeros((3, 14)), np.zeros((3, 13), dtype=np.int8), PATIENTS, "here")
