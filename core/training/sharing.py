"""Which runs see the same features and labels, so that their heads are trained in one pass."""

from collections.abc import Sequence

from core.specs import RunSpec

_OF_A_HEAD = frozenset(
    {"loss", "seed", "resample", "epochs", "batch_size", "learning_rates", "weight_decays"}
)
"""The fields in which runs that share features may differ."""


def sharing_features(specs: Sequence[RunSpec]) -> tuple[tuple[RunSpec, ...], ...]:
    """The runs that share frozen features together; every other run by itself."""
    groups: dict[str, list[RunSpec]] = {}
    for spec in specs:
        groups.setdefault(_features(spec), []).append(spec)
    return tuple(map(tuple, groups.values()))


def _features(spec: RunSpec) -> str:
    """A name that runs share when their heads are trained on the same features."""
    if spec.tuning is not None:
        return spec.run_id
    # Random weights are drawn from the seed.
    own = _OF_A_HEAD - {"seed"} if spec.weights == "random" else _OF_A_HEAD
    return spec.model_dump_json(exclude=set(own))
