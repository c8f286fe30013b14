"""One row of the metrics table as a record, and the names of its averages."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

MACRO = "macro"
MICRO = "micro"
WEIGHTED = "weighted"


@dataclass(frozen=True)
class MetricValue:
    """One number, who stands behind it, and how far it can be trusted.

    Args:
        finding: A finding, `macro`, `weighted` (by the findings' positives) or `micro`.
        metric: A name in `METRICS`.
        policy: A name in `POLICIES`; None where no threshold is used.
        label_set: Which findings an average covers (`macro@14`); None for a single finding.
        value: None where undefined.
        ci_low: Lower bound of the 95 % interval; None where there is none.
        ci_high: Upper bound.
        flag: Codes of `FLAGS`, joined by ", "; None if nothing is to be said.
        n: Images scored.
        n_positive: The positive ones among them, for an average those positive for any member.
        n_patients: Patients of the n images.
        n_labels: Over how many findings an average is; 1 for a single finding.
        n_resamples: B.
        replicates: float32 [B], NaN where undefined.
    """

    finding: str
    metric: str
    policy: str | None
    label_set: str | None
    value: float | None
    ci_low: float | None
    ci_high: float | None
    flag: str | None
    n: int
    n_positive: int
    n_patients: int
    n_labels: int
    n_resamples: int
    replicates: NDArray[np.float32] = field(compare=False, repr=False)
