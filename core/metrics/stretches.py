"""The AUROC of one finding in many replicates, without sums that it does not need.

AUROC moves only at groups of equal scores that hold a positive. The negatives between two of
them are a stretch, and the weights of all stretches in many replicates are one product of a
sparse matrix, stretches × patients, with the table of patient counts.

Shapes: N images with a label for the finding, S stretches, P patients, C replicates of a chunk;
stretches stand in K blocks of L, the l-th ones of all blocks together, as in `prefix`.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from core.metrics.bootstrap import PatientCounts
from core.metrics.prefix import MAX_BLOCK_ROWS, Ends, block_places
from core.metrics.ranked import LabelledImages
from core.metrics.ranking import TieGroups, tie_groups
from core.metrics.ratio import Values, ratio


@dataclass(frozen=True, eq=False)
class StretchedFinding:
    """The scores of one finding, sorted and cut once.

    Args:
        negative: [L · K, P + 1], negative images of each patient in each stretch.
        positive: The same of positive images; a stretch ends with them.
        above: float64 [L, K, 1], which share of a stretch's negatives counts as scored above its
            positives: 1, or 1/2 where all of it is tied.
    """

    negative: csr_array
    positive: csr_array
    above: Values

    def auroc(self, counts: PatientCounts) -> Values:
        """The AUROC in each replicate, and the weight of its positives: float64 [2, C].

        As `ranking.auroc_of`, to the last bit: all sums are of whole numbers and halves.
        """
        shape = (len(self.above), -1, counts.shape[1])
        negative = (self.negative @ counts).reshape(shape)
        positive = (self.positive @ counts).reshape(shape)
        within = np.zeros(negative.shape[1:])
        misordered = np.zeros_like(within)
        for lost, gained, share in zip(negative, positive, self.above, strict=True):
            misordered += gained * (within + share * lost)
            within += lost
        gained = positive.sum(axis=0, dtype=np.float64)
        before = np.cumsum(within, axis=0) - within
        misordered += gained * before
        all_positive, all_negative = gained.sum(axis=0), within.sum(axis=0)
        auroc = 1 - ratio(misordered.sum(axis=0), all_positive * all_negative)
        return np.stack((auroc, all_positive))


def stretch_finding(images: LabelledImages, num_patients: int) -> StretchedFinding:
    """Sorts and cuts the images that have a label for one finding.

    Args:
        images: The images, each counted once.
        num_patients: P, rows of the table of patient counts before its row of zeros.

    Raises:
        DataError: If a score is not finite.
    """
    groups = tie_groups(images.scores, images.labels)
    cuts, above = _cuts(groups, len(images.labels))
    places, block_rows = block_places(len(cuts))
    # Sums of 16 bits hold what MAX_BLOCK_ROWS rows weigh; a larger group of ties needs more.
    num_rows = np.diff(cuts, prepend=0)
    kind = np.uint16 if num_rows.max() <= MAX_BLOCK_ROWS else np.uint32
    padded = np.full(len(places) - len(cuts), len(images.labels))
    starts = np.concatenate(([0], cuts, padded))
    patients, truth = images.patient_rows[groups.order], images.labels[groups.order]
    matrices = (
        csr_array((member.astype(kind), patients, starts), (len(places), num_patients + 1))[places]
        for member in (truth == 0, truth == 1)
    )
    negative, positive = map(_without_zeros, matrices)
    shares = np.concatenate((above, np.ones(len(padded))))[places]
    return StretchedFinding(negative, positive, shares.reshape(block_rows, -1, 1))


def _cuts(groups: TieGroups, num_images: int) -> tuple[Ends, Values]:
    """Where stretches end, intp [S], and the share of their negatives above their positives."""
    holds_both = groups.ends - groups.starts > np.diff(groups.positive_ends, prepend=0)
    free = np.arange(0, num_images, MAX_BLOCK_ROWS)
    # No cut goes through a group, or its positives would stand apart from their ties.
    group = np.searchsorted(groups.ends, free, side="left")
    inside = np.append(groups.starts, num_images)[group] < free
    inside &= group < len(groups.ends)
    cuts = np.unique(
        np.concatenate((free[~inside], groups.starts[holds_both], groups.ends, [num_images]))
    )
    tied = np.isin(cuts, groups.ends[holds_both])
    return cuts[cuts > 0].astype(np.intp), np.where(tied, 0.5, 1.0)[cuts > 0]


def _without_zeros(matrix: csr_array) -> csr_array:
    matrix.eliminate_zeros()
    return matrix
