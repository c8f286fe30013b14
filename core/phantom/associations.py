"""How often the 14 findings occur, and which go together, in ChestX-ray14.

Computed from all 112,120 rows of the release's table: prevalences are shares of images;
associations are tetrachoric correlations of pairs of columns (the correlation of two Gaussians
cut at the prevalences that gives the observed share of images with both), and for age the
polyserial correlation with its normal score. Ages over 95 years were left out.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from core.findings import FINDINGS
from core.phantom.spec import Prevalence

PREVALENCES: Mapping[Prevalence, tuple[float, ...]] = {
    "natural": (
        0.10309, 0.02476, 0.04163, 0.02054, 0.11877, 0.02244, 0.01504,
        0.00202, 0.17743, 0.05157, 0.05647, 0.03019, 0.01276, 0.04729,
    ),
    "enriched": (
        0.14, 0.11, 0.10, 0.08, 0.16, 0.08, 0.08,
        0.07, 0.18, 0.09, 0.10, 0.09, 0.08, 0.25,
    ),
}  # fmt: skip
"""Share of images with each finding, in the order of `FINDINGS`."""

_ASSOCIATIONS = (
    (0.07,),
    (0.31, 0.08),
    (-0.02, 0.16, 0.11),
    (0.37, 0.39, 0.28, 0.23),
    (0.13, -0.06, 0.00, -0.09, 0.05),
    (0.06, 0.04, 0.02, -0.19, -0.01, -0.01),
    (0.11, 0.03, -0.11, -0.05, -0.05, -0.03, 0.12),
    (0.21, 0.05, 0.14, 0.31, 0.25, 0.00, 0.04, -0.04),
    (0.06, -0.07, 0.25, 0.02, 0.20, 0.11, 0.06, 0.13, 0.04),
    (-0.03, -0.07, 0.12, 0.00, 0.06, -0.04, 0.12, -0.04, 0.12, 0.30),
    (0.10, 0.06, 0.13, -0.01, 0.23, 0.14, 0.26, 0.02, 0.07, 0.24, 0.19),
    (0.14, 0.02, 0.15, 0.56, 0.12, -0.05, -0.09, 0.00, 0.29, -0.01, -0.03, 0.02),
    (0.10, -0.17, 0.00, -0.20, 0.15, 0.51, 0.00, -0.03, 0.00, 0.12, 0.03, 0.14, -0.09),
    (0.15, 0.04, 0.32, 0.53, 0.16, 0.00, -0.27, -0.23, 0.22, -0.02, -0.08, -0.14, 0.16, -0.05),
)
"""Row i: correlations of column i + 1 with the columns before it; the last row is the AP view."""

_WITH_AGE = (0.12, 0.01, -0.01, -0.04, 0.11, 0.09, 0.14, 0.34, -0.03, 0.05, 0.07, 0.10, -0.05,
             -0.01, -0.05)  # fmt: skip
_WITH_FEMALE = (-0.05, 0.10, -0.01, 0.04, 0.01, -0.08, 0.02, 0.11, -0.02, -0.06, -0.02, -0.04,
                -0.02, 0.06, -0.05)  # fmt: skip
_AGE_WITH_FEMALE = -0.03

PERSISTENCE = 0.6
"""Correlation of a finding's latent value between two studies of a patient (median of the 14)."""

NUM_LATENTS = len(FINDINGS) + 1
"""The findings and the AP view."""


def study_correlation() -> NDArray[np.float64]:
    """Latent correlation [15, 15] of the findings and the AP view within an image."""
    matrix = np.eye(NUM_LATENTS)
    for row, values in enumerate(_ASSOCIATIONS, start=1):
        matrix[row, :row] = matrix[:row, row] = values
    return matrix


def patient_correlation() -> NDArray[np.float64]:
    """Latent correlation [17, 17] of a patient's lasting part with age and female sex.

    Age and sex never change between studies, so their correlation with the lasting part exceeds
    the one with a single image by 1 / sqrt(PERSISTENCE).
    """
    matrix = np.eye(NUM_LATENTS + 2)
    matrix[:NUM_LATENTS, :NUM_LATENTS] = study_correlation()
    for column, values in ((NUM_LATENTS, _WITH_AGE), (NUM_LATENTS + 1, _WITH_FEMALE)):
        lasting = np.array(values) / np.sqrt(PERSISTENCE)
        matrix[:NUM_LATENTS, column] = matrix[column, :NUM_LATENTS] = lasting
    matrix[-1, -2] = matrix[-2, -1] = _AGE_WITH_FEMALE
    return matrix


def thresholds(prevalence: Prevalence) -> NDArray[np.float64]:
    """Latent values [14] above which a finding is present."""
    return -np.asarray(ndtri(PREVALENCES[prevalence]), dtype=np.float64)
