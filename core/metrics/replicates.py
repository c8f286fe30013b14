"""What the replicates of one finding say, chunk by chunk and joined.

Shapes: B replicates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.metrics.operating import Counts, joined_counts
from core.metrics.ratio import Values


@dataclass(frozen=True, eq=False)
class FindingReplicates:
    """What the replicates say about one finding.

    Args:
        values: Metric without a threshold to float64 [1 + B].
        counts: Policy to outcomes [1 + B].
        positive: float64 [1 + B], the weight of its positives.
    """

    values: Mapping[str, Values]
    counts: Mapping[str, Counts]
    positive: Values


def joined_replicates(
    parts: Sequence[FindingReplicates], others: Mapping[str, Values]
) -> FindingReplicates:
    """Successive chunks of replicates as one.

    Args:
        parts: One per chunk, at least one.
        others: Metrics that were told for all replicates at once, [1 + B].
    """
    first = parts[0]
    ranking = {name: np.concatenate([part.values[name] for part in parts]) for name in first.values}
    return FindingReplicates(
        values={**ranking, **others},
        counts={
            policy: joined_counts([part.counts[policy] for part in parts])
            for policy in first.counts
        },
        positive=np.concatenate([part.positive for part in parts]),
    )
