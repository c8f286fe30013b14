"""Means over images with their intervals by patient.

Shapes: N images, P patients, K columns, B replicates.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.metrics.bootstrap import PatientBootstrap, percentile_interval
from core.metrics.ratio import Values, defined, ratio

MIN_PATIENTS = 20
MAX_UNDEFINED_SHARE = 0.01
NOTHING_TO_SCORE = "nothing-to-score"
FEW_PATIENTS = "few-patients"
UNDEFINED_REPLICATES = "undefined-replicates"
INSENSITIVE = "insensitive"

FLAGS: Mapping[str, str] = {
    NOTHING_TO_SCORE: "No image has a value here.",
    FEW_PATIENTS: "Fewer than 20 patients stand behind it, so the interval may be too narrow.",
    UNDEFINED_REPLICATES: "The value is undefined in more than 1 % of the replicates.",
    INSENSITIVE: (
        "The maps hardly depend on what the model has learnt: after randomisation they agree with "
        "the original more than 0.1 beyond maps of other images."
    ),
}
_CHUNK = 250


@dataclass(frozen=True)
class Estimate:
    """A value over images, and how sure it is.

    Args:
        value: None where undefined.
        ci_low: Lower bound of the 95 % interval by patient; None where there is none.
        ci_high: Upper bound.
        flag: Codes of `FLAGS`, joined by commas; None where there is nothing to say.
        n: Images that have a value.
        n_undefined: Images that have none, such as those with an all-zero map.
        n_patients: Patients of the images that have a value.
        n_resamples: B.
    """

    value: float | None
    ci_low: float | None
    ci_high: float | None
    flag: str | None
    n: int
    n_undefined: int
    n_patients: int
    n_resamples: int


def estimate(
    value: float, replicates: Values, has_value: NDArray[np.bool_], patient_ids: NDArray[np.str_]
) -> Estimate:
    """What is known of a value.

    Args:
        value: NaN where undefined.
        replicates: float64 [B], NaN where undefined.
        has_value: bool [N], the images that stand behind it.
        patient_ids: str [N].
    """
    num_patients = len(np.unique(patient_ids[has_value]))
    interval = percentile_interval(replicates)
    return Estimate(
        value=defined(value),
        ci_low=interval.low if num_patients > 1 else None,
        ci_high=interval.high if num_patients > 1 else None,
        flag=_flag(num_patients, interval.num_undefined, len(replicates)),
        n=int(has_value.sum()),
        n_undefined=int((~has_value).sum()),
        n_patients=num_patients,
        n_resamples=len(replicates),
    )


def _flag(num_patients: int, num_undefined: int, num_resamples: int) -> str | None:
    if not num_patients:
        return NOTHING_TO_SCORE
    found = [FEW_PATIENTS] if num_patients < MIN_PATIENTS else []
    if num_undefined > MAX_UNDEFINED_SHARE * num_resamples:
        found.append(UNDEFINED_REPLICATES)
    return ", ".join(found) or None


def mean_estimates(values: Values, bootstrap: PatientBootstrap) -> list[Estimate]:
    """The mean of each column over the images that have a value.

    Args:
        values: float64 [N, K], NaN where undefined.
        bootstrap: Over the patients of the N images.
    """
    replicates = mean_replicates(values, bootstrap)
    return [
        estimate(float(value), replicates[:, k], ~np.isnan(values[:, k]), bootstrap.patient_ids)
        for k, value in enumerate(means(values))
    ]


def means(values: Values) -> Values:
    """The mean of each column [N, K] over its defined values, [K]; NaN where there are none."""
    return ratio(np.nansum(values, axis=0), (~np.isnan(values)).sum(0).astype(np.float64))


def mean_replicates(values: Values, bootstrap: PatientBootstrap) -> Values:
    """The mean of each column in each replicate.

    Args:
        values: float64 [N, K], NaN where undefined.
        bootstrap: Over the patients of the N images.

    Returns:
        float64 [B, K]; NaN where a replicate draws no defined value.
    """
    if not bootstrap.num_patients:
        return np.full((bootstrap.num_resamples, values.shape[1]), np.nan)
    shape = (bootstrap.num_patients + 1, values.shape[1])
    sums, numbers = np.zeros(shape), np.zeros(shape)
    np.add.at(sums, bootstrap.patient_rows, np.nan_to_num(values))
    np.add.at(numbers, bootstrap.patient_rows, ~np.isnan(values))
    drawn = [
        ratio(counts.T.astype(np.float64) @ sums, counts.T.astype(np.float64) @ numbers)
        for counts in bootstrap.chunks(_CHUNK)
    ]
    return np.concatenate([*drawn, np.empty((0, values.shape[1]))])
