"""What a grid is: backbones × arms × seeds and resamples, with settings that all cells share."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from core.errors import ConfigError, DataError
from core.lookup import unknown
from core.losses.registry import LOSSES
from core.models.backbones import BACKBONES
from core.specs import ContrastiveSpec, ImageSpec, LabelSpec, RunSpec, Spec, TuneSpec
from core.training.recipe import run_spec


class ArmSpec(Spec):
    """One way of training, compared with the other arms of its grid.

    Args:
        loss: Row of `LOSSES`.
        tune: Which part of the backbone is trained; unless given, all of it for a contrastive
            loss and none for another one.
        tuning: The stage before the linear one, where the arm has it. Unless it gives a learning
            rate, that is the backbone's own.
        contrastive: The contrastive loss of that stage.
    """

    loss: str = "bce"
    tune: Literal["none", "last", "full"] | None = None
    tuning: TuneSpec | None = None
    contrastive: ContrastiveSpec | None = None


class GridSpec(Spec):
    """A grid of runs.

    Args:
        backbones: Rows of `BACKBONES`.
        arms: Ways of training.
        weights: Of each backbone that `weights_of` does not name.
        weights_of: Backbone to its weights.
        seeds: Number of seeds, from 0.
        first_seed: Where seeds start.
        resample_train: Number of patient resamples of source train; frozen arms are trained on
            each of them too, with the first seed (PROTOCOL section 5).
        image: Preprocessing of every image.
        labels: Training policy for blank and uncertain labels.
        epochs: Of the linear stage.
        batch_size: Of the linear stage.
        learning_rates: Candidates of the linear stage.
        weight_decays: Candidates of the linear stage.
        precision: Of the frozen backbone's forward pass.
        num_threads: CPU threads of each cell.
    """

    backbones: tuple[str, ...] = Field(min_length=1)
    arms: tuple[ArmSpec, ...] = Field(min_length=1)
    weights: str = "imagenet"
    weights_of: dict[str, str] = Field(default_factory=dict[str, str])
    seeds: int = Field(default=1, ge=1)
    first_seed: int = Field(default=0, ge=0)
    resample_train: int = Field(default=0, ge=0)
    image: ImageSpec = ImageSpec()
    labels: LabelSpec = LabelSpec()
    epochs: int = Field(default=10, ge=1)
    batch_size: int = Field(default=128, ge=1)
    learning_rates: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        default=(1e-4, 3e-4, 1e-3, 3e-3, 1e-2), min_length=1
    )
    weight_decays: tuple[Annotated[float, Field(ge=0)], ...] = Field(default=(1e-4,), min_length=1)
    precision: Literal["auto", "fp32", "bf16"] = "fp32"
    num_threads: int = Field(default=1, ge=1)


_SHARED = frozenset(GridSpec.model_fields)

STUDY_BACKBONES = ("resnet50", "efficientnet_b0", "vit_base_patch16_224")
BCE_FROZEN, BCE_TUNED, SUPCON_TUNED = (
    ArmSpec(loss="bce", tune="none"),
    ArmSpec(loss="bce", tune="full"),
    ArmSpec(loss="supcon", tune="full"),
)

PRESETS: Mapping[str, GridSpec] = {
    "ai4sd": GridSpec(backbones=STUDY_BACKBONES, arms=(BCE_FROZEN, SUPCON_TUNED)),
    "ai4sd-matched": GridSpec(
        backbones=STUDY_BACKBONES, arms=(BCE_FROZEN, BCE_TUNED, SUPCON_TUNED)
    ),
}
"""The study's grid as the study ran it, and the one that can tell losses apart."""


def cells(grid: GridSpec, source: str) -> tuple[RunSpec, ...]:
    """The runs of a grid on one source, arm by arm within a backbone.

    Raises:
        ConfigError: If the source's name is none.
        DataError: If backbones or losses are unknown, arms contradict themselves, or cells are
            the same; names each.
    """
    problems = [*_unknown_names(grid)] or [*_contradictions(grid)]
    if problems:
        raise DataError(problems)
    specs = tuple(_specs(grid, source))
    if len({spec.run_id for spec in specs}) < len(specs):
        raise DataError("A backbone or an arm stands in the grid twice; name each once.")
    return specs


def _unknown_names(grid: GridSpec) -> Iterator[str]:
    for key, names in (("backbones", grid.backbones), ("weights_of", grid.weights_of)):
        for name in names:
            if name not in BACKBONES:
                yield f"{key}: {unknown(name, BACKBONES, 'backbone')}"
    for number, arm in enumerate(grid.arms):
        if arm.loss not in LOSSES:
            yield f"arms[{number}].loss: {unknown(arm.loss, LOSSES, 'loss')}"


def _contradictions(grid: GridSpec) -> Iterator[str]:
    for number, arm in enumerate(grid.arms):
        fields = {"source": "any", "backbone": grid.backbones[0]}
        try:
            _run_spec(arm, fields, number)
        except ConfigError as error:
            yield str(error)


def _specs(grid: GridSpec, source: str) -> Iterator[RunSpec]:
    for backbone in grid.backbones:
        shared = _shared(grid) | {
            "source": source,
            "backbone": backbone,
            "weights": grid.weights_of.get(backbone, grid.weights),
        }
        for number, arm in enumerate(grid.arms):
            first = _run_spec(arm, shared | {"seed": grid.first_seed}, number)
            for later in range(grid.seeds):
                yield first.model_copy(update={"seed": grid.first_seed + later})
            if first.tuning is None:
                for resample in range(grid.resample_train):
                    yield first.model_copy(update={"resample": resample})


def _shared(grid: GridSpec) -> dict[str, Any]:
    """The fields of a run that are the same in every cell."""
    return {name: getattr(grid, name) for name in RunSpec.model_fields if name in _SHARED}


def _run_spec(arm: ArmSpec, fields: Mapping[str, Any], number: int) -> RunSpec:
    """A run of an arm, with the defaults of its loss and backbone."""
    stages = [
        each.model_dump(exclude_unset=True) if each else {}
        for each in (arm.tuning, arm.contrastive)
    ]
    trained = {"loss": arm.loss, "tune": arm.tune}
    return run_spec(dict(fields) | trained, *stages, where=f"arms[{number}]")
