"""A target under other weights: the source's prevalence, or the source's mix of patients.

What shrinks a gap "goes with" it; nothing here says that it explains it.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.datasets.subgroups import strata
from core.metrics.evaluate import EvaluatedData, evaluate_slices
from core.metrics.matching import Matching, match
from core.metrics.prior_shift import at_prevalence, target_prevalence
from core.metrics.slices import WHOLE, Slice
from core.metrics.table import METRICS
from core.protocol.measuring import ESTIMATED, TRUE, Conditions, Measured
from core.protocol.scored import Scored
from core.roles import NOT_SCORED
from core.tables import MATCHINGS

PREVALENCE = "prevalence"
"""Weighting: each finding's positives count for their share in source test."""

MATCHED_ON: Mapping[str, tuple[str, ...]] = {
    "matched:view": ("view",),
    "matched:sex": ("sex",),
    "matched:age": ("age",),
    "matched:view+sex+age": ("view", "sex", "age"),
}
"""Weighting → the columns whose mix in source test the target is given."""


_OF_PROBABILITIES = tuple(name for name, each in METRICS.items() if each.of_probabilities)
"""Ranks do not move with prevalence, so only these are told again."""


def prevalences(labels: NDArray[np.int8]) -> tuple[float | None, ...]:
    """The share of positives of each of the 14 findings; None without both classes.

    Args:
        labels: int8 [N, 14], 1, 0 or `NOT_SCORED`.
    """
    positive = np.count_nonzero(labels == 1, axis=0)
    labelled = np.count_nonzero(labels != NOT_SCORED, axis=0)
    return tuple(
        float(p / n) if 0 < p < n else None for p, n in zip(positive, labelled, strict=True)
    )


def matchings(target: Scored, source_test: Scored) -> Mapping[str, Matching]:
    """The weights that give the target source test's mix of views, sexes and ages."""
    here, home = (strata(each.selection.manifest) for each in (target, source_test))
    return {name: match(here, home, on) for name, on in MATCHED_ON.items()}


def weightings(source_test: Scored, matched: Mapping[str, Matching]) -> tuple[Slice, ...]:
    """The target's weightings, those without any matching image left out."""
    shares = prevalences(source_test.examples.labels)
    standardised = Slice(weighting=PREVALENCE, prevalences=shares)
    supported = (
        Slice(weighting=name, weights=each.weights)
        for name, each in matched.items()
        if each.effective_n
    )
    return (standardised, *supported)


def prior_shifted(
    place: Scored, source_prevalences: Sequence[float | None], conditions: Conditions
) -> list[Measured]:
    """How well calibrated the target's probabilities are once they are moved to its prevalence.

    Args:
        place: The target.
        source_prevalences: Of the 14 findings in source train, which probabilities are taken to
            be calibrated at; None leaves a finding out.
        conditions: How it is measured.
    """
    examples = place.examples
    known = prevalences(examples.labels)
    found: list[Measured] = []
    for weighting in (ESTIMATED, TRUE):
        scores = np.full(examples.values.shape, np.nan)
        for column, source in enumerate(source_prevalences):
            shown = examples.values[:, column]
            if source is None or np.isnan(shown).any():
                continue
            new = known[column]
            if weighting == ESTIMATED:
                new = target_prevalence(shown, source).value
            if new is not None and 0 < new < 1:
                scores[:, column] = at_prevalence(shown, source, new)
        data = EvaluatedData(scores, examples.labels, examples.patient_ids)
        seed = int(place.dataset.hash[:8], 16)
        (rows,) = evaluate_slices(
            data, {}, conditions.num_resamples, seed, metrics=_OF_PROBABILITIES
        )
        found += [Measured(WHOLE.subgroup, weighting, row) for row in rows]
    return found


def matchings_frame(place: Scored, matched: Mapping[str, Matching]) -> pl.DataFrame:
    """How far each matching reaches (`tables.MATCHINGS`)."""
    rows = [
        {
            "dataset": place.name,
            "split": str(place.examples.split),
            "weighting": name,
            "n": int(np.count_nonzero(each.weights)),
            "effective_n": each.effective_n,
            "unsupported_source": each.unsupported_source,
            "unsupported_target": each.unsupported_target,
        }
        for name, each in matched.items()
    ]
    return pl.DataFrame(rows, MATCHINGS.schema)
