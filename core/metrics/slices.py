"""Which images are scored together, and how much each of them counts."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.findings import NUM_FINDINGS
from core.metrics.ratio import Values
from core.metrics.table import Metric

EVERYBODY = "all"
UNWEIGHTED = "none"


@dataclass(frozen=True, eq=False)
class Slice:
    """One question to the same images: a subgroup, a weighting, or both.

    Args:
        subgroup: As tables say it: `all`, `view=AP`, …
        weighting: As tables say it: `none`, `prevalence`, `matched:view`, …
        images: bool [N]; None for all of them.
        weights: float64 [N], what an image counts for; those of weight 0 are left out. Taken as
            given in every replicate. None for 1 each.
        prevalences: Of the 14 findings, the share that weights set their positives to, in each
            replicate; None where it is unknown. Only metrics that move with prevalence are told.
    """

    subgroup: str = EVERYBODY
    weighting: str = UNWEIGHTED
    images: NDArray[np.bool_] | None = field(default=None, repr=False)
    weights: Values | None = field(default=None, repr=False)
    prevalences: Sequence[float | None] | None = None

    def told(self, metrics: Sequence[Metric]) -> tuple[Metric, ...]:
        """Those of the metrics that are told of it."""
        is_moved = self.prevalences is not None
        return tuple(each for each in metrics if not is_moved or each.moves_with_prevalence)

    @property
    def shares(self) -> tuple[float | None, ...]:
        """The prevalences of the 14 findings; None where a finding keeps its own."""
        return (None,) * NUM_FINDINGS if self.prevalences is None else tuple(self.prevalences)

    def rows(self, num_images: int) -> NDArray[np.intp]:
        """Indices of its images that count, intp.

        Raises:
            DataError: If it was made for another number of images, weights are negative or not
                finite, or prevalences are not 14 shares between 0 and 1.
        """
        problems = list(self._problems(num_images))
        if problems:
            name = f"subgroup {self.subgroup!r}, weighting {self.weighting!r}"
            raise DataError([f"{name}: {each}" for each in problems])
        counts = np.ones(num_images, dtype=np.bool_) if self.images is None else self.images
        return np.flatnonzero(counts if self.weights is None else counts & (self.weights > 0))

    def _problems(self, num_images: int) -> Sequence[str]:
        problems: list[str] = []
        for name, array in (("images", self.images), ("weights", self.weights)):
            if array is not None and array.shape != (num_images,):
                problems.append(f"{name} have shape {array.shape}, expected ({num_images},).")
        if self.weights is not None and not (np.isfinite(self.weights) & (self.weights >= 0)).all():
            problems.append("some weights are negative or not finite.")
        shares = [] if self.prevalences is None else [p for p in self.prevalences if p is not None]
        if self.prevalences is not None and len(self.prevalences) != NUM_FINDINGS:
            problems.append(f"{len(self.prevalences)} prevalences, expected {NUM_FINDINGS}.")
        if not all(0 < share < 1 for share in shares):
            problems.append("some prevalences are not between 0 and 1; leave those out (None).")
        return problems


WHOLE = Slice()
"""All images, once each."""
