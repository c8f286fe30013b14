"""Do maps depend on what the model has learnt: randomise it, and look again.

Shapes: N images and findings, B replicates.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from core.metrics.bootstrap import PatientBootstrap
from core.metrics.ratio import Values
from core.models.classifier import Classifier
from core.saliency.intervals import INSENSITIVE, Estimate, estimate

CASCADE: Mapping[str, float] = MappingProxyType(
    {"head": 0.0, "top quarter": 0.25, "top half": 0.5, "top three quarters": 0.75, "all": 1.0}
)
"""Step to the share of the backbone's tensors, from the top, that is random beside the head."""

FULL = "all"
PERMUTED = "permuted labels"
MARGIN = 0.1
_CHUNK = 250


def randomised(model: Classifier, fresh: Classifier, share: float) -> Classifier:
    """A copy of a classifier with a random head, and a backbone that is random from the top down.

    Args:
        model: The trained one; it is not changed.
        fresh: The same architecture, untrained.
        share: Of the backbone's tensors, in the order in which the model defines them, that are
            taken from `fresh`; the last ones.

    Source:
        Adebayo et al., Sanity Checks for Saliency Maps, NeurIPS 2018, section 3.1 (cascading).
    """
    copy = deepcopy(model)
    trained, random = model.backbone.state_dict(), fresh.backbone.state_dict()
    names = list(trained)
    taken = set(names[len(names) - round(share * len(names)) :])
    copy.backbone.load_state_dict(
        {name: (random if name in taken else trained)[name] for name in names}
    )
    copy.head.load_state_dict(fresh.head.state_dict())
    if copy.adapter is not None and fresh.adapter is not None:
        copy.adapter.load_state_dict(fresh.adapter.state_dict())
    return copy


def sanity_estimate(
    same: Values, chance: Values, bootstrap: PatientBootstrap, is_decisive: bool
) -> tuple[Estimate, float]:
    """The median likeness of maps to the original ones, and the level of unrelated images.

    Args:
        same: float64 [N], signed Spearman of the map of the changed model with the original;
            NaN where a map is constant.
        chance: float64 [N], of the original with original maps of other patients.
        bootstrap: Over the patients of the N images.
        is_decisive: Whether a median above chance + 0.1 is flagged: after full randomisation, and
            with permuted labels.
    """
    has_value = ~np.isnan(same)
    value, level = _median(same[has_value]), _median(chance[~np.isnan(chance)])
    replicates = _median_replicates(same, has_value, bootstrap)
    found = estimate(value, replicates, has_value, bootstrap.patient_ids)
    if is_decisive and value > level + MARGIN:
        found = replace(found, flag=", ".join(filter(None, (INSENSITIVE, found.flag))))
    return found, level


def _median(values: Values) -> float:
    return float(np.median(values)) if len(values) else float("nan")


def _median_replicates(
    values: Values, has_value: NDArray[np.bool_], bootstrap: PatientBootstrap
) -> Values:
    """The median in each replicate, float64 [B]."""
    if not has_value.any():
        return np.full(bootstrap.num_resamples, np.nan)
    medians = [
        _median(np.repeat(values[has_value], times[has_value]))
        for counts in bootstrap.chunks(_CHUNK)
        for times in bootstrap.image_weights(counts).T
    ]
    return np.array(medians, np.float64)
