"""From images to the features that a run's head is trained on: frozen, adapted or tuned."""

import copy

import numpy as np

from core.records import ForwardRecord
from core.specs import RunSpec
from core.store.data import Dataset, DataStore
from core.training.adapting import adapted_features
from core.training.features import FrozenBackbone, as_recorded, dataset_features, feature_key
from core.training.job import Job, Represented
from core.training.precision import CHOICES, fastest_forward
from core.training.tuned import tuned_features

_NUM_COMPARED = 16
"""Images on which precisions are compared."""


def represent(job: Job) -> Represented:
    """The features of a run, however they come about; what was computed before is taken.

    Raises:
        ConfigError: If BatchNorm would have to see the batches of several CPU processes.
        ProtocolError: If the source lacks a split, or a finding with both classes.
        Interrupted: If a signal asked to stop; a checkpoint was written.
    """
    spec = job.spec
    if spec.tuning is None:
        return frozen_features(job)
    if spec.contrastive is None:
        return tuned_features(job, spec.tuning, frozen_features(job))
    if spec.tune != "none":
        return tuned_features(job, spec.tuning, None)
    return adapted_features(job, spec.tuning, spec.contrastive, frozen_features(job))


def frozen_features(job: Job) -> Represented:
    """The source's features by the backbone that the run starts from."""
    key = feature_key(job.spec, job.backbone.weights.sha256, job.forward, job.source)
    features = dataset_features(
        job.data,
        job.source,
        job.spec.image,
        key,
        lambda: as_recorded(copy.deepcopy(job.backbone.model), job.forward),
        job.progress,
        job.world,
    )
    return Represented(features, key)


def chosen_forward(
    spec: RunSpec, backbone: FrozenBackbone, source: Dataset, data: DataStore
) -> ForwardRecord:
    """The precision that the run names; for `auto`, that of stored features, or the fastest.

    Images of the source alone are compared.
    """
    if spec.precision != "auto":
        return ForwardRecord(precision=spec.precision)
    for choice in CHOICES:
        key = feature_key(spec, backbone.weights.sha256, choice, source)
        if data.features_path(source, key).exists():
            return choice
    pixels = data.images(source, spec.image).pixels
    sample = np.linspace(0, len(pixels) - 1, _NUM_COMPARED).astype(np.int64)
    return fastest_forward(backbone.model, pixels[sample])
