"""The percentile bootstrap over patients: which patients a replicate draws, and its interval.

Shapes: N images, P patients, B replicates, C replicates of a chunk.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.metrics.prefix import MAX_BLOCK_ROWS
from core.metrics.ratio import Values

INTERVAL_LEVEL = 0.95

PatientCounts = NDArray[np.uint16]
"""uint16 [P + 1, C]: how often a replicate draws each patient; the last row is 0."""

MAX_COUNT = np.iinfo(np.uint16).max // MAX_BLOCK_ROWS
"""The running sum of a block of rows must fit in 16 bits."""


@dataclass(frozen=True, eq=False)
class PatientBootstrap:
    """Replicates that draw as many patients as there are, with replacement.

    All images of a patient go together. The same images and seed give the same replicates,
    whatever the order of the images, the chunks, or the number of replicates that follow.

    Args:
        patient_ids: str [N].
        seed: Not negative.
        num_resamples: B.
        stream: Another number makes an independent series from the same seed.

    Source:
        Efron and Tibshirani 1993, chapter 13 (percentile); Field and Welsh, JRSS B 2007
        (clusters).
    """

    patient_ids: NDArray[np.str_]
    seed: int
    num_resamples: int
    stream: int = 0
    num_patients: int = field(init=False)
    patient_rows: NDArray[np.intp] = field(init=False)

    def __post_init__(self) -> None:
        patients, rows = np.unique(self.patient_ids, return_inverse=True)
        object.__setattr__(self, "num_patients", len(patients))
        object.__setattr__(self, "patient_rows", rows.astype(np.intp))

    def whole(self) -> PatientCounts:
        """The sample itself as one replicate: every patient once, uint16 [P + 1, 1]."""
        counts = np.ones((self.num_patients + 1, 1), dtype=np.uint16)
        counts[-1] = 0
        return counts

    def chunks(self, size: int) -> Iterator[PatientCounts]:
        """All replicates, at most `size` at a time."""
        rng = np.random.default_rng([self.seed, self.stream])
        for start in range(0, self.num_resamples, size):
            yield self._drawn(rng, min(size, self.num_resamples - start))

    def _drawn(self, rng: np.random.Generator, size: int) -> PatientCounts:
        counts = np.empty((size, self.num_patients + 1), dtype=np.uint16)
        for replicate in counts:
            drawn = rng.integers(self.num_patients, size=self.num_patients)
            times = np.bincount(drawn, minlength=self.num_patients + 1)
            assert times.max() <= MAX_COUNT, "one patient fills a replicate"
            replicate[:] = times
        return np.ascontiguousarray(counts.T)

    def image_weights(self, counts: PatientCounts) -> NDArray[np.uint16]:
        """How often each image stands in each replicate: uint16 [N, C]."""
        return np.take(counts, self.patient_rows, axis=0)


@dataclass(frozen=True)
class Interval:
    """A percentile interval.

    Args:
        low: Lower bound; None where no replicate is defined.
        high: Upper bound; None where no replicate is defined.
        num_undefined: Replicates in which the metric is undefined; they are left out.
    """

    low: float | None
    high: float | None
    num_undefined: int


def percentile_interval(replicates: Values, level: float = INTERVAL_LEVEL) -> Interval:
    """The central `level` of the defined replicates, linear between order statistics.

    Args:
        replicates: float64 [B], NaN where undefined.
        level: Nominal coverage.
    """
    values = replicates[~np.isnan(replicates)]
    num_undefined = len(replicates) - len(values)
    if not len(values):
        return Interval(None, None, num_undefined)
    tail = (1 - level) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return Interval(float(low), float(high), num_undefined)
