"""What is known of data sets, weights and runs: the records beside the tables."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from core.specs import Name, RunSpec, Spec


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


class TrainedOn(Spec):
    """A data set whose images tuned weights.

    Args:
        name: Its name in the store of then.
        adapter: Which reader made it.
        restricted: Whether what is derived from it may not leave the machine.
        synthetic: Whether its images were made by a program.
    """

    name: Name
    adapter: str
    restricted: bool
    synthetic: bool


class TuningMark(Spec):
    """What a file of tuned weights says of itself, under `TUNING_MARK` in its metadata.

    Args:
        run_id: The run that tuned them.
        trained_on: Its source, after the data sets that had tuned what it started from.
        from_random: Whether the first of them started from random weights.
    """

    run_id: str
    trained_on: tuple[TrainedOn, ...]
    from_random: bool


TUNING_MARK = "cxr-bench"


class WeightsRecord(Spec):
    """Which weights a run started from, as they were found.

    Args:
        kind: `imagenet`, `offline`, `random` or `file`.
        origin: Hub identifier, package, seed or path.
        sha256: Of all tensors' names and bytes, 16 hex digits.
        trained_on: Data sets that runs of this project had tuned them on.
        from_random: Whether those runs had started from random weights.
    """

    kind: Literal["imagenet", "offline", "random", "file"]
    origin: str
    sha256: str
    trained_on: tuple[TrainedOn, ...] = ()
    from_random: bool = False

    @property
    def is_random(self) -> bool:
        """Whether nothing but the runs of this project ever trained them."""
        return self.kind == "random" or self.from_random


class ForwardRecord(Spec):
    """How the frozen backbone computed its features.

    Args:
        precision: Of weights and activations.
        layout: Order of an image tensor's axes in memory.
        images_per_second: Of the measurement that chose them; null where the user did.
        cosine: Mean cosine of the features to those of fp32, of the same measurement.
    """

    precision: Literal["fp32", "bf16"]
    layout: Literal["channels_last", "contiguous"] = "channels_last"
    images_per_second: float | None = None
    cosine: float | None = None


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
        forward: How features were computed.
        hashes: SHA-256 prefixes: manifest, image cache, features, head; and of the backbone's
            tensors where it was tuned, or the adapter's.
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
    forward: ForwardRecord | None = None
    hashes: dict[str, str] = Field(default_factory=dict[str, str])
    seconds: dict[str, float] = Field(default_factory=dict[str, float])
    selected: dict[str, float] = Field(default_factory=dict[str, float])
    trained_findings: tuple[str, ...] = ()
    versions: dict[str, str] = Field(default_factory=dict[str, str])
    git_commit: str | None = None
    device: str | None = None
    datasets: dict[str, DatasetRecord] = Field(default_factory=dict[str, DatasetRecord])
    contaminated: dict[str, str] = Field(default_factory=dict[str, str])
    created: str = ""

    @property
    def run_id(self) -> str:
        """The specification's run id."""
        return self.spec.run_id

    @property
    def source(self) -> str:
        """The data set that it was fitted on."""
        return self.spec.source

    @property
    def title(self) -> str:
        """What tables call it: backbone, loss and what was trained."""
        return f"{self.spec.backbone} · {self.spec.label}"

    @property
    def restricted(self) -> bool:
        """Whether it, or the weights it started from, were trained on restricted data."""
        source = self.datasets.get(self.spec.source)
        before = self.weights.trained_on if self.weights else ()
        return any(each.restricted for each in (source, *before) if each)

    @property
    def ranked(self) -> bool:
        """Whether leaderboards may rank it: runs on random weights are shown, never ranked."""
        return self.weights is not None and not self.weights.is_random

    def why_not_ranked(self, target: str) -> str | None:
        """The sentence that keeps it out of a target's leaderboard; None where it may stand."""
        if not self.ranked:
            return "Random weights: shown as a reference, never ranked."
        return self.contaminated.get(target)


class ImportRecord(Spec):
    """The record `import.json` of a run whose predictions were made elsewhere.

    Args:
        name: Its run id.
        kind: `reference` for the rows that every leaderboard shows apart.
        source: Data set that the model was fitted on, as the user said; None where unknown.
        findings: What it predicts.
        hashes: Data set to 16 hex digits of the file that its predictions were read from, or of
            the manifest that they were made from.
        git_commit: Of this project, when they were read.
        datasets: The data sets that it predicts, as their indexes described them.
        created: UTC, ISO 8601.
    """

    name: Name
    kind: Literal["imported", "reference"] = "imported"
    source: Name | None = None
    findings: tuple[str, ...]
    hashes: dict[str, str]
    git_commit: str | None = None
    datasets: dict[str, DatasetRecord] = Field(default_factory=dict[str, DatasetRecord])
    created: str = ""

    @property
    def run_id(self) -> str:
        """The name that the user gave."""
        return self.name

    @property
    def title(self) -> str:
        """What tables call it."""
        return f"{self.name} · {self.kind}"

    @property
    def restricted(self) -> bool:
        """Whether credentialed data stand behind its predictions."""
        return any(record.restricted for record in self.datasets.values())

    def why_not_ranked(self, target: str) -> str | None:
        """The sentence that keeps it out of a target's leaderboard; None where it may stand."""
        if self.kind == "reference":
            return "A reference row: shown, never ranked."
        if self.source is None:
            return "Imported without a source: it may have been trained on this very data."
        if self.source == target:
            return f"{target} is its own source: nothing is transferred."
        return None


Entry = RunRecord | ImportRecord
"""Whatever stands in a leaderboard with predictions of its own."""
