"""Which precision and layout a backbone forwards fastest in, without other features for it."""

import copy
import time
from itertools import product
from typing import get_args

import numpy as np
import torch
from numpy.typing import NDArray

from core.models.classifier import Classifier
from core.records import ForwardRecord
from core.training.device import forward_batch_size
from core.training.features import as_recorded, extract

CHOICES = tuple(
    ForwardRecord(precision=precision, layout=layout)
    for precision, layout in product(
        get_args(ForwardRecord.model_fields["precision"].annotation),
        get_args(ForwardRecord.model_fields["layout"].annotation),
    )
)
"""Every precision in every layout."""

MIN_COSINE = 0.999
"""How alike features must be to those of fp32 for a faster precision to be taken."""

_SECONDS = 0.5
"""Of each choice, after a first batch that is not counted."""


def fastest_forward(model: Classifier, pixels: NDArray[np.uint8]) -> ForwardRecord:
    """The choice with the highest rate among those that give the features of fp32.

    Args:
        model: In eval mode, in fp32, on its device; left as it is.
        pixels: uint8 [B, S, S], some images of the source.

    Returns:
        The choice, its rate, and the mean cosine of its features to those of fp32.
    """
    expected = extract(model, pixels)
    measured = [_measured(model, pixels, expected, choice) for choice in CHOICES]
    alike = [each for each in measured if (each.cosine or 0) >= MIN_COSINE]
    return max(alike, key=lambda each: each.images_per_second or 0)


def _measured(
    model: Classifier,
    pixels: NDArray[np.uint8],
    expected: NDArray[np.float32],
    choice: ForwardRecord,
) -> ForwardRecord:
    features = extract(as_recorded(copy.deepcopy(model), choice), pixels)
    lengths = np.linalg.norm(features, axis=1) * np.linalg.norm(expected, axis=1)
    cosine = float(((features * expected).sum(1) / lengths).mean())
    rate = images_per_second(model, pixels.shape[1], choice)
    measured = {"images_per_second": round(rate, 1), "cosine": round(cosine, 5)}
    return choice.model_copy(update=measured)


def images_per_second(
    model: Classifier, size: int, choice: ForwardRecord, seconds: float = _SECONDS
) -> float:
    """The rate of forward passes over batches of noise, on a copy of the model."""
    cast = as_recorded(copy.deepcopy(model), choice)
    device = model.mean.device
    batch = forward_batch_size(device)
    pixels = torch.randint(0, 256, (batch, size, size), dtype=torch.uint8, device=device)
    with torch.inference_mode():
        float(cast.features(pixels).sum())
        started, num_images = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - started) < seconds or not num_images:
            # Reading a number back waits for the device.
            float(cast.features(pixels).sum())
            num_images += batch
    return num_images / elapsed
