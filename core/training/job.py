"""One run's training as its parts see it: what it is, what it starts from, where things lie."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import nn

from core.datasets.examples import Selection, select, source_examples
from core.models.weights import state_hash
from core.progress import Progress
from core.records import TUNING_MARK, ForwardRecord, TrainedOn, TuningMark
from core.roles import Source, Split
from core.specs import RunSpec
from core.store.atomic import replacing
from core.store.data import Dataset, DataStore
from core.store.results import ResultStore
from core.tables import CURVES
from core.training.checkpoint import Checkpoint
from core.training.distributed import World
from core.training.features import FrozenBackbone

Row = dict[str, object]


@dataclass(frozen=True, eq=False)
class Job:
    """A run that is being trained.

    Args:
        spec: The run.
        backbone: What it starts from.
        forward: How features are computed.
        source: What it is trained on.
        data: Holds images and features.
        results: Where the run is kept.
        world: The processes that share the work.
        progress: Told as it goes on.
    """

    spec: RunSpec
    backbone: FrozenBackbone
    forward: ForwardRecord
    source: Dataset
    data: DataStore
    results: ResultStore
    world: World
    progress: Progress

    @property
    def device(self) -> torch.device:
        """Where the backbone is."""
        return self.backbone.model.mean.device

    @property
    def checkpoint(self) -> Checkpoint:
        """Where its training stage stands, good for the same data and initial weights alone."""
        image_key = self.source.cache_key(self.spec.image)
        parts = (self.source.hash, image_key, self.backbone.weights.sha256)
        made_from = hashlib.sha256(":".join(parts).encode()).hexdigest()[:16]
        return Checkpoint(self.results.checkpoint_path(self.spec.run_id), made_from)

    def keep(self, path: Path, module: nn.Module) -> str:
        """Write a module's tensors, marked with all that trained them; returns their hash."""
        tensors = {name: each.contiguous() for name, each in module.state_dict().items()}
        if self.world.is_main:
            source = self.source.record
            trained_on = TrainedOn(
                name=source.name,
                adapter=source.adapter,
                restricted=source.restricted,
                synthetic=source.synthetic,
            )
            before = self.backbone.weights
            mark = TuningMark(
                run_id=self.spec.run_id,
                trained_on=(*before.trained_on, trained_on),
                from_random=before.is_random,
            )
            with replacing(path) as temporary:
                # One entry alone: safetensors writes several in no fixed order.
                save_file(tensors, temporary, {TUNING_MARK: mark.model_dump_json()})
        return state_hash(tensors)

    def observe(self, rows: list[Row]) -> None:
        """Write the curves so far, and the last epoch to the log."""
        if self.world.is_main:
            curves = pl.DataFrame(rows, CURVES.schema)
            self.results.write(self.spec.run_id, CURVES, curves)
            self.results.log(self.spec.run_id, {"event": "epoch"} | rows[-1])

    @property
    def train(self) -> Selection:
        """The images of source train."""
        return select(self.source, Split.TRAIN)

    @property
    def val(self) -> Selection:
        """The images of source validation."""
        return select(self.source, Split.VAL)

    def train_examples(self, features: NDArray[np.float32] | None = None) -> Source:
        """Source train by the training policy; without features for a stage that sees images.

        Args:
            features: float32 [N, D] in the manifest's order.
        """
        rows = self.train.rows
        values = np.empty((len(rows), 0), np.float32) if features is None else features[rows]
        return source_examples(self.spec.source, self.train, values, self.spec.labels)

    def val_examples(self, features: NDArray[np.float32]) -> Source:
        """Source validation by the scoring policy."""
        return source_examples(self.spec.source, self.val, features[self.val.rows])


@dataclass(frozen=True, eq=False)
class Represented:
    """What the linear stage is trained on.

    Args:
        features: float32 [N, D] in the manifest's order.
        key: Of the backbone's stored features.
        hashes: Of the tensors that the run wrote: `backbone` or `adapter`; none for a frozen one.
        curves: One row per epoch of the stage that made them (`tables.CURVES`).
        tuning_seconds: Wall time of that stage.
    """

    features: NDArray[np.float32]
    key: str
    hashes: dict[str, str] = field(default_factory=dict[str, str])
    curves: list[Row] = field(default_factory=list[Row])
    tuning_seconds: float = 0
