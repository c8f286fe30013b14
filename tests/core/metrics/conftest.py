from collections.abc import Callable

import numpy as np
import pytest

from core.findings import NUM_FINDINGS
from core.roles import NOT_SCORED, SourceVal, Split, Target

MakeTarget = Callable[..., Target]
MakeSourceVal = Callable[..., SourceVal]


def _images(seed: int, num_images: int, num_patients: int, decimals: int | None) -> Target:
    """Scores that carry some signal, with ties if rounded, and a tenth of labels missing."""
    rng = np.random.default_rng(seed)
    labels = (rng.random((num_images, NUM_FINDINGS)) < 0.3).astype(np.int8)
    scores = 1 / (1 + np.exp(-(rng.normal(size=labels.shape) + labels - 0.5)))
    labels[rng.random(labels.shape) < 0.1] = NOT_SCORED
    return Target(
        dataset="elsewhere",
        split=Split.TEST,
        image_ids=np.array([f"image-{row}" for row in range(num_images)]),
        patient_ids=np.array(
            [f"patient-{row}" for row in rng.integers(num_patients, size=num_images)]
        ),
        values=scores.astype(np.float32) if decimals is None else scores.round(decimals),
        labels=labels,
    )


@pytest.fixture
def make_target() -> MakeTarget:
    def make(
        seed: int = 0, num_images: int = 120, num_patients: int = 40, decimals: int | None = None
    ) -> Target:
        return _images(seed, num_images, num_patients, decimals)

    return make


@pytest.fixture
def make_source_val() -> MakeSourceVal:
    def make(
        seed: int = 1, num_images: int = 150, num_patients: int = 60, decimals: int | None = None
    ) -> SourceVal:
        images = _images(seed, num_images, num_patients, decimals)
        return SourceVal(
            dataset="home",
            split=Split.VAL,
            image_ids=images.image_ids,
            patient_ids=images.patient_ids,
            values=images.values,
            labels=images.labels,
            source="home",
        )

    return make
