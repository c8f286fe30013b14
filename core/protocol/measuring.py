"""Everything that is measured on one split: whole, by subgroup, and under weightings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from core.metrics.evaluate import EvaluatedData, evaluate_slices
from core.metrics.rules import Threshold
from core.metrics.slices import WHOLE, Slice
from core.metrics.thresholds import POLICIES
from core.metrics.values import MetricValue
from core.protocol.scored import Scored
from core.roles import SourceVal, Split
from core.tables import METRICS, REPLICATES

Thresholds = Mapping[str, Sequence[Threshold]]
"""Policy to the 14 thresholds."""


ESTIMATED, TRUE = "prior-shift:estimated", "prior-shift:true"
"""Probabilities moved to the target's prevalence: estimated from its scores, or from its labels."""

TARGET_USES: Mapping[str, str] = {ESTIMATED: "unlabelled", TRUE: "labels"}
"""Weightings that use more of the target than its images."""


@dataclass(frozen=True, eq=False)
class Measured:
    """One number, and on whom it was measured.

    Args:
        subgroup: `all`, `view=AP`, …
        weighting: `none`, or how the images were weighted.
        row: The number.
    """

    subgroup: str
    weighting: str
    row: MetricValue

    @property
    def target_use(self) -> str:
        """What of the target was used for it."""
        if self.row.policy:
            return POLICIES[self.row.policy].target_use
        return TARGET_USES.get(self.weighting, "none")


@dataclass(frozen=True, eq=False)
class Conditions:
    """How a split is measured.

    Args:
        thresholds: By policy.
        source_val: Thresholds from it are chosen anew in each replicate; None where there is
            none.
        num_resamples: B.
    """

    thresholds: Thresholds
    source_val: SourceVal | None
    num_resamples: int


def measure(place: Scored, conditions: Conditions, slices: Sequence[Slice]) -> list[Measured]:
    """Every number of a split: of all its images, and of every slice.

    Args:
        place: Its images.
        conditions: How they are measured.
        slices: Subgroups and weightings.
    """
    examples = place.examples
    found = evaluate_slices(
        EvaluatedData(examples.values, examples.labels, examples.patient_ids),
        conditions.thresholds,
        conditions.num_resamples,
        int(place.dataset.hash[:8], 16),  # from the manifest, so that all runs share replicates
        # Scored on itself, validation keeps its thresholds: both draws would not be paired.
        source_val=None if examples.split == Split.VAL else conditions.source_val,
        slices=slices,
    )
    return [
        Measured(each.subgroup, each.weighting, row)
        for each, rows in zip((WHOLE, *slices), found, strict=True)
        for row in rows
    ]


def metrics_frame(place: Scored, measured: Sequence[Measured]) -> pl.DataFrame:
    """The rows of a split's metrics (`tables.METRICS`)."""
    rows = [
        _key(place, each)
        | {name: value for name, value in vars(each.row).items() if name in METRICS.schema}
        | {"target_use": each.target_use}
        for each in measured
    ]
    return pl.DataFrame(rows, METRICS.schema)


def replicates_frame(place: Scored, measured: Sequence[Measured]) -> pl.DataFrame:
    """The rows of a split's bootstrap replicates (`tables.REPLICATES`)."""
    keys = [
        _key(place, each)
        | {"finding": each.row.finding, "metric": each.row.metric, "policy": each.row.policy}
        for each in measured
    ]
    values = np.stack([each.row.replicates for each in measured])
    flat = pl.Series("values", values.reshape(-1), pl.Float32)
    empty = pl.Series("values", [[]] * len(measured), pl.List(pl.Float32))
    lists = flat.reshape(values.shape).arr.to_list() if values.size else empty
    schema = {name: kind for name, kind in REPLICATES.schema.items() if name != "values"}
    return pl.DataFrame(keys, schema).with_columns(lists)


def _key(place: Scored, each: Measured) -> dict[str, object]:
    return {
        "dataset": place.name,
        "split": str(place.examples.split),
        "subgroup": each.subgroup,
        "weighting": each.weighting,
    }
