"""What a run is: frozen, complete, hashed. The same specification is the same run."""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from core.errors import ConfigError

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
Name = Annotated[str, Field(pattern=NAME_PATTERN)]
"""A name that is also a folder: data sets and runs."""

LOSS_TITLES: Mapping[str, str] = {
    "bce": "BCE",
    "weighted_bce": "Weighted BCE",
    "focal": "Focal",
    "asymmetric": "Asymmetric",
    "supcon": "SupCon",
}
"""Short names of the losses, for people; `core.losses` has what they are."""


class Spec(BaseModel):
    """Base of all specifications: frozen, and unknown fields are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def digest(self, length: int = 8) -> str:
        """The first `length` hex digits of the SHA-256 of the canonical JSON."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:length]


class ImageSpec(Spec):
    """How a decoded image becomes `size` × `size` grey values.

    Args:
        size: Side of the square, in pixels.
        geometry: `crop` the central square, `pad` to a square with black, or `squash`.
        equalise: Equalise each image's histogram (MIMIC-CXR-JPG's files are equalised).
    """

    size: int = Field(default=224, ge=32, le=2048)
    geometry: Literal["crop", "pad", "squash"] = "crop"
    equalise: bool = False


class LabelSpec(Spec):
    """How labels that are neither present nor absent are trained on (PROTOCOL section 1)."""

    blank: Literal["negative", "ignore"] = "negative"
    uncertain: Literal["ignore", "zero", "one"] = "ignore"


SCORING = LabelSpec(blank="negative", uncertain="ignore")
"""The one policy by which every run is scored."""


class AugmentSpec(Spec):
    """How a training view differs from its image; chests are never mirrored.

    Args:
        rotation_degrees: Rotation, uniform in ± this.
        shift: Translation, as a share of the side, uniform in ± this in each direction.
        min_crop_scale: Smallest share of the area that a crop keeps.
        exposure: Brightness and contrast change, uniform in ± this share.
        noise: Standard deviation of the added Gaussian noise, as a share of white.
    """

    rotation_degrees: float = Field(default=10, ge=0, le=45)
    shift: float = Field(default=0.05, ge=0, le=0.5)
    min_crop_scale: float = Field(default=0.8, gt=0, le=1)
    exposure: float = Field(default=0.2, ge=0, lt=1)
    noise: float = Field(default=0.02, ge=0, le=1)


class TuneSpec(Spec):
    """How the backbone, or the adapter of a frozen one, is trained before the linear stage.

    Args:
        epochs: Passes over source train.
        batch_size: Images a step over all devices; the contrastive loss sees two views of each.
        learning_rate: Of AdamW after the warm-up.
        weight_decay: Of AdamW, on matrices and kernels; biases and norms have none.
        warmup_epochs: Passes over which the rate rises from 0; a cosine to 0 follows.
        clip_norm: Largest norm of the gradient.
        accumulate: Parts in which a batch goes through the device, where it is too large for it
            at once; refused for the contrastive loss, whose pairs need the whole batch.
        one_image_a_patient: Whether a batch holds a patient only once.
        num_views: Augmented views of each image that an adapter's features are kept of.
        batch_norm: Statistics of the layers that are tuned: of the batch, over all devices
            (`train`), or those of the initial weights (`eval`). Frozen layers keep theirs.
        precision: Of the forward pass; `bf16` is automatic mixed precision.
        augment: How views are made.
    """

    epochs: int = Field(default=10, ge=1)
    batch_size: int = Field(default=128, ge=2)
    learning_rate: float = Field(default=1e-4, gt=0)
    weight_decay: float = Field(default=1e-4, ge=0)
    warmup_epochs: int = Field(default=1, ge=0)
    clip_norm: float = Field(default=1.0, gt=0)
    accumulate: int = Field(default=1, ge=1)
    one_image_a_patient: bool = False
    num_views: int = Field(default=4, ge=2)
    batch_norm: Literal["train", "eval"] = "train"
    precision: Literal["fp32", "bf16"] = "fp32"
    augment: AugmentSpec = AugmentSpec()

    @model_validator(mode="after")
    def _warms_up_before_the_end(self) -> Self:
        if self.warmup_epochs >= self.epochs and self.warmup_epochs:
            raise ValueError(
                f"warmup_epochs is {self.warmup_epochs} of {self.epochs} epochs; "
                "give fewer than epochs, or 0"
            )
        return self


class ContrastiveSpec(Spec):
    """The supervised contrastive loss (PROTOCOL section 6).

    Args:
        temperature: τ.
        positives: Images attract each other when they are known to `shared` a finding, or by
            the `jaccard` overlap of their findings.
        no_finding: Images without a finding attract their own other view alone, or each other
            as a `class`.
        projection: Length of the embedding.
    """

    temperature: float = Field(default=0.1, gt=0)
    positives: Literal["shared", "jaccard"] = "shared"
    no_finding: Literal["own-view", "class"] = "own-view"
    projection: int = Field(default=128, ge=2)


class RunSpec(Spec):
    """One training run.

    Args:
        source: Data set that is fitted, selected and calibrated on.
        backbone: Row of `BACKBONES`.
        weights: `imagenet`, `offline`, `random`, or the path of a safetensors file.
        loss: Row of `LOSSES`.
        tune: Which part of the backbone is trained: `none` of it, the `last` block, `full`.
        seed: Seeds initial weights, views and the order of the batches.
        resample: Number of the patient resample of source train that it is trained on; None for
            source train as it is.
        image: Preprocessing of every image.
        labels: Training policy for blank and uncertain labels.
        epochs: Passes of the linear stage over source train.
        batch_size: Images a step of the linear stage.
        learning_rates: Candidates of the linear stage, chosen by source-validation mAP.
        weight_decays: Of AdamW in the linear stage, candidates likewise.
        tuning: The stage before the linear one; None where there is none.
        contrastive: The contrastive loss of that stage; None for another loss.
        precision: Of the frozen backbone's forward pass; `auto` takes the fastest one on the
            machine that gives the features of fp32, by a short measurement that the record keeps.
        num_threads: CPU threads; results are reproducible to the bit for the same number.
    """

    source: Name
    backbone: str
    weights: str = "imagenet"
    loss: str = "bce"
    tune: Literal["none", "last", "full"] = "none"
    seed: int = Field(default=0, ge=0)
    resample: int | None = Field(default=None, ge=0)
    image: ImageSpec = ImageSpec()
    labels: LabelSpec = LabelSpec()
    epochs: int = Field(default=10, ge=1)
    batch_size: int = Field(default=128, ge=1)
    learning_rates: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        default=(1e-4, 3e-4, 1e-3, 3e-3, 1e-2), min_length=1
    )
    weight_decays: tuple[Annotated[float, Field(ge=0)], ...] = Field(default=(1e-4,), min_length=1)
    tuning: TuneSpec | None = None
    contrastive: ContrastiveSpec | None = None
    precision: Literal["auto", "fp32", "bf16"] = "fp32"
    num_threads: int = Field(default=1, ge=1)

    @model_validator(mode="after")
    def _has_the_stages_it_names(self) -> Self:
        faults: list[str] = []
        has_stage = self.tune != "none" or self.contrastive is not None
        if has_stage and self.tuning is None:
            faults.append("tuning is missing: tune and the contrastive loss need it")
        if not has_stage and self.tuning is not None:
            faults.append("tuning is given, but tune is none and there is no contrastive loss")
        if has_stage and self.resample is not None:
            faults.append("resample is for heads on a frozen backbone; leave it out, vary the seed")
        if self.contrastive and self.tuning and self.tuning.accumulate > 1:
            faults.append("tuning.accumulate is for losses without pairs; give 1")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @property
    def run_id(self) -> str:
        """A readable name, made unique by the hash of the whole specification."""
        resample = "" if self.resample is None else f"r{self.resample}"
        return (
            f"{self.backbone}-{self.loss}-{self.tune}-{self.source}-"
            f"s{self.seed}{resample}-{self.digest(6)}"
        )

    @property
    def regime(self) -> str:
        """What is trained besides the head: frozen (nothing), adapter, last block, backbone."""
        if self.tune == "none":
            return "adapter" if self.contrastive else "frozen"
        return {"last": "last block tuned", "full": "tuned"}[self.tune]

    @property
    def label(self) -> str:
        """What the tables call the run: "BCE · frozen"."""
        return f"{LOSS_TITLES.get(self.loss, self.loss)} · {self.regime}"


AnySpec = TypeVar("AnySpec", bound=Spec)


def parse(kind: type[AnySpec], fields: Mapping[str, Any], where: str) -> AnySpec:
    """A specification from what a user gave.

    Raises:
        ConfigError: If fields are unknown, missing or out of range; names each.
    """
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        faults = "; ".join(_sentence(fault) for fault in error.errors())
        raise ConfigError(f"{where}: {faults}.") from error


def _sentence(fault: ErrorDetails) -> str:
    place = ".".join(str(part) for part in fault["loc"])
    what = fault["msg"].removeprefix("Value error, ")
    return f"{place}: {what}" if place else what
