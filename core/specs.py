"""What a run is: frozen, complete, hashed. The same specification is the same run."""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import ConfigError

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
Name = Annotated[str, Field(pattern=NAME_PATTERN)]
"""A name that is also a folder: data sets and runs."""


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


class RunSpec(Spec):
    """One training run.

    Args:
        source: Data set that is fitted, selected and calibrated on.
        backbone: Row of `BACKBONES`.
        weights: `imagenet`, `offline`, `random`, or the path of a safetensors file.
        loss: Row of `LOSSES`.
        tune: Which part of the backbone is trained: `none` of it, the `last` block, `full`.
        seed: Seeds initial weights and the order of the batches.
        image: Preprocessing of every image.
        labels: Training policy for blank and uncertain labels.
        epochs: Passes over source train.
        batch_size: Images a step.
        learning_rates: Candidates, chosen by source-validation mAP.
        weight_decay: Of AdamW.
        precision: Of the backbone's forward pass.
        num_threads: CPU threads; results are reproducible to the bit for the same number.
    """

    source: Name
    backbone: str
    weights: str = "imagenet"
    loss: str = "bce"
    tune: Literal["none", "last", "full"] = "none"
    seed: int = Field(default=0, ge=0)
    image: ImageSpec = ImageSpec()
    labels: LabelSpec = LabelSpec()
    epochs: int = Field(default=10, ge=1)
    batch_size: int = Field(default=128, ge=1)
    learning_rates: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        default=(1e-4, 3e-4, 1e-3, 3e-3, 1e-2), min_length=1
    )
    weight_decay: float = Field(default=1e-4, ge=0)
    precision: Literal["fp32", "bf16"] = "fp32"
    num_threads: int = Field(default=1, ge=1)

    @property
    def run_id(self) -> str:
        """A readable name, made unique by the hash of the whole specification."""
        return (
            f"{self.backbone}-{self.loss}-{self.tune}-{self.source}-s{self.seed}-{self.digest(6)}"
        )

    @property
    def label(self) -> str:
        """What the tables call the run: "BCE · frozen"."""
        regime = {"none": "frozen", "last": "last block tuned", "full": "tuned"}[self.tune]
        return f"{self.loss.upper()} · {regime}"


class DatasetRecord(Spec):
    """What an index says of its data set; kept in the manifest's metadata.

    Args:
        name: The data set's name in this store.
        adapter: Which reader made it.
        root: Absolute folder that the paths are relative to.
        tables_only: Whether it was indexed without its images.
        labeller: How the labels came to be, for captions ("text-mined labels").
        split_name: Which split the manifest holds ("official", "by patient hash", …).
        licence: Terms of use.
        citation: Whom to cite.
        restricted: Credentialed data, which may not leave the machine (PROTOCOL section 8).
        synthetic: Whether the images are made by a program.
    """

    name: Name
    adapter: str
    root: str
    tables_only: bool = False
    labeller: str
    split_name: str
    licence: str
    citation: str
    restricted: bool = False
    synthetic: bool = False


class WeightsRecord(Spec):
    """Which weights a run started from, as they were found.

    Args:
        kind: `imagenet`, `offline`, `random` or `file`.
        origin: Hub identifier, package, seed or path.
        sha256: Of all tensors' names and bytes, 16 hex digits.
    """

    kind: Literal["imagenet", "offline", "random", "file"]
    origin: str
    sha256: str


class RunStatus(StrEnum):
    """Where a run stands."""

    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class RunRecord(Spec):
    """The record `run.json`: everything that a number of the run can be traced to.

    Args:
        spec: The whole specification.
        status: Where the run stands.
        error: The sentence it failed with.
        weights: The backbone's initial weights.
        hashes: SHA-256 prefixes: manifest, image cache, features, head.
        seconds: Wall time per stage.
        selected: The epoch, learning rate and source-validation mAP that were chosen.
        trained_findings: Findings with both classes in source train; others are not predicted.
        versions: Of Python and the libraries.
        git_commit: Of the project, with "+dirty" where files differed; null outside a checkout.
        device: What it ran on.
        datasets: The data sets it was trained and scored on, as their indexes described them, so
            that results keep their captions and restrictions where the data are absent.
        contaminated: Target to the sentence that says how its images had trained the weights.
        created: UTC, ISO 8601.
    """

    spec: RunSpec
    status: RunStatus
    error: str | None = None
    weights: WeightsRecord | None = None
    hashes: dict[str, str] = {}
    seconds: dict[str, float] = {}
    selected: dict[str, float] = {}
    trained_findings: tuple[str, ...] = ()
    versions: dict[str, str] = {}
    git_commit: str | None = None
    device: str | None = None
    datasets: dict[str, DatasetRecord] = {}
    contaminated: dict[str, str] = {}
    created: str = ""

    @property
    def run_id(self) -> str:
        """The specification's run id."""
        return self.spec.run_id

    @property
    def restricted(self) -> bool:
        """Whether it was trained on credentialed data."""
        source = self.datasets.get(self.spec.source)
        return source is not None and source.restricted

    @property
    def ranked(self) -> bool:
        """Whether leaderboards may rank it: runs on random weights are shown, never ranked."""
        return self.weights is not None and self.weights.kind != "random"

    def why_not_ranked(self, target: str) -> str | None:
        """The sentence that keeps it out of a target's leaderboard; None where it may stand."""
        if not self.ranked:
            return "Random weights: shown as a reference, never ranked."
        return self.contaminated.get(target)


AnySpec = TypeVar("AnySpec", bound=Spec)


def parse(kind: type[AnySpec], fields: Mapping[str, Any], where: str) -> AnySpec:
    """A specification from what a user gave.

    Raises:
        ConfigError: If fields are unknown, missing or out of range; names each.
    """
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        faults = [
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in error.errors()
        ]
        raise ConfigError(f"{where}: {'; '.join(faults)}.") from error
