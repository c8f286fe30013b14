"""One finding under the weights of many replicates: a resample is a weighted count over ranks.

Shapes: N images with a label for the finding, G groups of equal scores that hold a positive,
P patients, C replicates of a chunk.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.metrics.bootstrap import PatientCounts
from core.metrics.operating import Counts
from core.metrics.prefix import PrefixLayout, PrefixSums, prefix_layout
from core.metrics.ranking import Steps, TieGroups, steps, tie_groups
from core.metrics.ratio import Values, remainder


@dataclass(frozen=True, eq=False)
class WeightedFinding:
    """The ranks of one finding under C sets of patient weights.

    Args:
        ranked: The finding.
        total: Running sums over all images by falling score.
        positive: Running sums over the positive images by falling score.
    """

    ranked: "RankedFinding"
    total: PrefixSums
    positive: PrefixSums

    @cached_property
    def steps(self) -> Steps:
        """Cumulative weights [G, C]."""
        return steps(self.ranked.groups, self.total.at, self.positive.at)

    @property
    def all_positive(self) -> Values:
        """Weight of the positive images, float64 [C]."""
        return self.positive.at(np.array([len(self.ranked.positive_scores)]))[0]

    def counts_at(self, thresholds: Values) -> Counts:
        """The four outcomes at one threshold a replicate.

        Args:
            thresholds: float64 [C]; NaN gives NaN counts.
        """
        ranked = self.ranked
        missing = np.where(np.isnan(thresholds), np.nan, 0.0)
        alerts = self.total.at_each(_num_at_least(ranked.scores, thresholds)) + missing
        tp = self.positive.at_each(_num_at_least(ranked.positive_scores, thresholds)) + missing
        all_images = self.total.at(np.array([len(ranked.scores)]))[0]
        fp, fn = remainder(alerts, tp), remainder(self.all_positive, tp)
        tn = remainder(remainder(all_images, self.all_positive), fp)
        return Counts(tp, fp, fn, tn)

    def highest(self, num_alerts: Values) -> Values:
        """The highest threshold with at least `num_alerts` of weight at or above it.

        Args:
            num_alerts: float64 [C], at least 1.

        Returns:
            float64 [C]; NaN in a replicate that has less weight than that.
        """
        all_images = self.total.at(np.array([len(self.ranked.scores)]))[0]
        reachable = np.minimum(num_alerts, all_images)
        place = self.total.first_reaching(reachable)
        return np.where(num_alerts <= all_images, self.ranked.scores[-place], np.nan)


@dataclass(frozen=True, eq=False)
class RankedFinding:
    """The scores of one finding, sorted once.

    Args:
        groups: Order and ties.
        scores: float64 [N], rising.
        positive_scores: float64, scores of the positive images, rising.
        layout: Patients of all images by falling score.
        positive_layout: Patients of the positive images by falling score.
    """

    groups: TieGroups
    scores: Values
    positive_scores: Values
    layout: PrefixLayout
    positive_layout: PrefixLayout

    def weighted(self, counts: PatientCounts) -> WeightedFinding:
        """The finding under the weights of one chunk of replicates."""
        total, positive = self.layout.sums(counts), self.positive_layout.sums(counts)
        return WeightedFinding(self, total, positive)


def rank_finding(
    scores: NDArray[np.floating],
    labels: NDArray[np.int8],
    patient_rows: NDArray[np.intp],
    num_patients: int,
    weights: Values | None = None,
) -> RankedFinding:
    """Sorts the images that have a label for one finding.

    Args:
        scores: float [N].
        labels: int8 [N], 1 or 0.
        patient_rows: intp [N], each image's row in the table of patient counts.
        num_patients: P, rows of that table before its row of zeros.
        weights: float64 [N], what each image counts for; 1 unless given.

    Raises:
        DataError: If a score is not finite.
    """
    groups = tie_groups(scores, labels)
    falling, patients = scores[groups.order].astype(np.float64), patient_rows[groups.order]
    is_positive = labels[groups.order] == 1
    ordered = None if weights is None else weights[groups.order]
    return RankedFinding(
        groups=groups,
        scores=falling[::-1],
        positive_scores=falling[is_positive][::-1],
        layout=prefix_layout(patients, num_patients, ordered),
        positive_layout=prefix_layout(
            patients[is_positive], num_patients, None if ordered is None else ordered[is_positive]
        ),
    )


def unweighted(scores: NDArray[np.floating], labels: NDArray[np.int8]) -> WeightedFinding:
    """The sample itself: every image once, as the only replicate (C = 1).

    Args:
        scores: float [N].
        labels: int8 [N], 1 or 0.

    Raises:
        DataError: If a score is not finite.
    """
    once = np.ones((len(scores) + 1, 1), dtype=np.uint16)
    once[-1] = 0
    return rank_finding(scores, labels, np.arange(len(scores)), len(scores)).weighted(once)


def _num_at_least(rising: Values, thresholds: Values) -> NDArray[np.intp]:
    return len(rising) - np.searchsorted(rising, thresholds, side="left")
