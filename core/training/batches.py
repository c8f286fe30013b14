"""Which images a step sees together: drawn anew each epoch, from the seed and the epoch alone."""

import numpy as np
from numpy.typing import NDArray

from core.specs import TuneSpec


def batches(
    patient_ids: NDArray[np.str_], spec: TuneSpec, seed: int, epoch: int
) -> list[NDArray[np.int64]]:
    """All images once, in batches whose sizes differ by one at most.

    With one image a patient a batch, there are at least as many batches as any patient has images.

    Args:
        patient_ids: str [N].
        spec: Size of a batch, and whether a patient may come twice in it.
        seed: Of the run.
        epoch: From 0.

    Returns:
        int64 positions, 0 to N − 1.
    """
    stream = np.random.default_rng((seed, epoch))
    order = stream.permutation(len(patient_ids))
    num_batches = -(-len(order) // spec.batch_size)
    if not spec.one_image_a_patient:
        return np.array_split(order, num_batches)
    _, patient, num_images = np.unique(patient_ids, return_inverse=True, return_counts=True)
    num_batches = max(num_batches, int(num_images.max()))
    # Like cards: with a patient's images side by side in the pack, no hand gets two of them.
    shuffled = stream.permutation(len(num_images))
    pack = order[np.argsort(shuffled[patient[order]], kind="stable")]
    hands = [pack[first::num_batches] for first in range(num_batches)]
    return [hands[number] for number in stream.permutation(num_batches)]
