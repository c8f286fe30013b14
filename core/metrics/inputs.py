"""What scores and labels must satisfy before anything is computed from them."""

import numpy as np
from numpy.typing import NDArray

from core.errors import Problems
from core.findings import FINDINGS, NUM_FINDINGS
from core.roles import NOT_SCORED


def check_inputs(
    scores: NDArray[np.floating],
    labels: NDArray[np.int8],
    patient_ids: NDArray[np.str_],
    where: str,
) -> None:
    """Checks one set of images; a column of scores is finite, or all NaN (not predicted).

    Args:
        scores: float [N, 14].
        labels: int8 [N, 14], 1, 0 or `NOT_SCORED`.
        patient_ids: str [N].
        where: What the images are, for the message.

    Raises:
        DataError: If shapes differ or values are none of these; names every finding concerned.
    """
    shape = (len(patient_ids), NUM_FINDINGS)
    problems = Problems()
    for name, array in (("scores", scores), ("labels", labels)):
        if array.shape != shape:
            problems.add(where, f"{name} have shape {array.shape}, expected {shape}.")
    problems.raise_if_any()
    _check_columns(problems, scores, labels, where)
    problems.raise_if_any()


def _check_columns(
    problems: Problems, scores: NDArray[np.floating], labels: NDArray[np.int8], where: str
) -> None:
    num_bad_scores = np.count_nonzero(~np.isfinite(scores), axis=0)
    num_bad_labels = np.count_nonzero(~np.isin(labels, (0, 1, NOT_SCORED)), axis=0)
    is_predicted = np.count_nonzero(np.isnan(scores), axis=0) < len(scores)
    for column, finding in enumerate(FINDINGS):
        if num_bad_scores[column] and is_predicted[column]:
            what = f"{num_bad_scores[column]} of {len(scores)} scores are not finite."
            problems.add(f"{where}, {finding}", what)
        if num_bad_labels[column]:
            what = f"{num_bad_labels[column]} labels are none of 1, 0, {NOT_SCORED}."
            problems.add(f"{where}, {finding}", what)
