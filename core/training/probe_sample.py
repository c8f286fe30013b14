"""Source train as heads are fitted on it: standardised features, masked labels, resamples.

Shapes: N images, D features, F = 14 findings.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.findings import FINDINGS, Finding
from core.metrics.bootstrap import PatientBootstrap
from core.roles import NOT_SCORED, Examples, SourceTrain
from core.training.head import Standardisation


@dataclass(frozen=True, eq=False)
class Sample:
    """Source train on the device.

    Args:
        features: float32 (N, D), standardised.
        labels: float32 (N, F), 0 or 1; 0 where not scored.
        scored: float32 (N, F), 1 where the label is scored, else 0.
    """

    features: Tensor
    labels: Tensor
    scored: Tensor

    @classmethod
    def of(
        cls, train: SourceTrain, standardisation: Standardisation, device: torch.device
    ) -> "Sample":
        """The examples on `device`."""
        return cls(
            features=torch.from_numpy(standardisation.apply(train.values)).to(device),
            labels=torch.from_numpy(np.float32(train.labels == 1)).to(device),
            scored=torch.from_numpy(np.float32(train.labels != NOT_SCORED)).to(device),
        )


@dataclass(frozen=True, eq=False)
class Resample:
    """How often each image and label of source train counts.

    Args:
        image_counts: float32 [N], how often the image's patient was drawn.
        num_positive: float32 [F], present labels so counted.
        num_negative: float32 [F], absent labels so counted.
    """

    image_counts: NDArray[np.float32]
    num_positive: NDArray[np.float32]
    num_negative: NDArray[np.float32]

    @property
    def has_both_classes(self) -> NDArray[np.bool_]:
        """Bool [F]: the findings that a head can be fitted on."""
        return (self.num_positive > 0) & (self.num_negative > 0)


def resample(train: SourceTrain, number: int | None) -> Resample:
    """Source train as it is (None), or one of its patient bootstraps.

    As many patients as there are, drawn with replacement; an image counts as often as its
    patient. The same data set and number give the same patients, whoever asks.

    Source:
        Field and Welsh, JRSS B 2007 (the cluster bootstrap).
    """
    image_counts = np.ones(len(train), np.float32)
    if number is not None:
        patients = PatientBootstrap(train.patient_ids, _seed(train), 1, stream=number)
        image_counts = patients.image_weights(next(patients.chunks(1)))[:, 0].astype(np.float32)
    return Resample(
        image_counts=image_counts,
        num_positive=image_counts @ (train.labels == 1),
        num_negative=image_counts @ (train.labels == 0),
    )


def _seed(train: SourceTrain) -> int:
    patients = "\n".join((train.dataset, *np.unique(train.patient_ids).tolist()))
    return int.from_bytes(hashlib.sha256(patients.encode()).digest()[:8], "big")


def with_both_classes(examples: Examples) -> NDArray[np.bool_]:
    """Bool [F]: findings that are present in some image and absent in another."""
    return (examples.labels == 1).any(0) & (examples.labels == 0).any(0)


def mask_of(findings: tuple[Finding, ...]) -> NDArray[np.bool_]:
    """Bool [F]: whether each finding is among the given ones."""
    return np.array([finding in findings for finding in FINDINGS])


def findings_of(mask: NDArray[np.bool_]) -> tuple[Finding, ...]:
    """The findings that a bool [F] marks."""
    return tuple(finding for finding, marked in zip(FINDINGS, mask, strict=True) if marked)
