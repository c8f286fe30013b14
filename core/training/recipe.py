"""From what a user asks for to a complete specification, and whether its stages fit its loss."""

from collections.abc import Mapping
from typing import Any

from core.errors import ConfigError
from core.lookup import lookup
from core.losses.registry import LOSSES
from core.models.backbones import BACKBONES
from core.specs import ContrastiveSpec, RunSpec, TuneSpec, parse


def run_spec(
    fields: Mapping[str, Any],
    tuning: Mapping[str, Any],
    contrastive: Mapping[str, Any],
    where: str,
) -> RunSpec:
    """The specification of a run, with the defaults of its loss and backbone written out.

    A representation loss tunes the whole backbone unless told otherwise, other losses none of it;
    the learning rate of that stage is the backbone's (PROTOCOL section 6), and it warms up for one
    epoch where it has several.

    Args:
        fields: Of `RunSpec`, without `tuning` and `contrastive`; what is missing has its default.
        tuning: What the user says of `TuneSpec`.
        contrastive: What the user says of `ContrastiveSpec`.
        where: The place of the fields, for messages.

    Raises:
        ConfigError: If a name is unknown, a field is wrong, or something is said of a stage that
            the run does not have.
    """
    is_contrastive = lookup(LOSSES, fields.get("loss", "bce"), "loss").representation
    tune = fields.get("tune") or ("full" if is_contrastive else "none")
    backbone = lookup(BACKBONES, fields["backbone"], "backbone")
    has_stage = is_contrastive or tune != "none"
    _refuse(where, contrastive, is_contrastive, "the loss is not contrastive")
    _refuse(where, tuning, has_stage, "nothing is tuned before the linear stage")
    stages: dict[str, object] = {"tuning": None, "contrastive": None}
    if has_stage:
        epochs = tuning.get("epochs", TuneSpec.model_fields["epochs"].default)
        defaults = {"learning_rate": backbone.tuning_rate, "warmup_epochs": int(epochs > 1)}
        stages["tuning"] = parse(TuneSpec, defaults | dict(tuning), f"{where}: tuning")
    if is_contrastive:
        stages["contrastive"] = parse(ContrastiveSpec, contrastive, f"{where}: contrastive")
    return parse(RunSpec, dict(fields) | {"tune": tune} | stages, where)


def check_recipe(spec: RunSpec) -> None:
    """Check that a run has a contrastive stage if and only if its loss is a representation loss.

    Raises:
        ConfigError: If the loss is unknown, or the stages do not fit it.
    """
    is_contrastive = lookup(LOSSES, spec.loss, "loss").representation
    if is_contrastive and spec.contrastive is None:
        raise ConfigError(f"Loss {spec.loss!r} needs a contrastive stage; say how (contrastive).")
    if not is_contrastive and spec.contrastive is not None:
        raise ConfigError(f"Loss {spec.loss!r} has no contrastive stage; leave contrastive out.")


def _refuse(where: str, said: Mapping[str, Any], allowed: bool, reason: str) -> None:
    if said and not allowed:
        names = ", ".join(sorted(said))
        raise ConfigError(f"{where}: {names} cannot be used: {reason}.")
