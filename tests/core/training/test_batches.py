import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.specs import TuneSpec
from core.training.batches import batches

COUNTS = st.lists(st.integers(1, 9), min_size=1, max_size=30)


def patients(counts: list[int]) -> np.ndarray:
    return np.repeat([f"p{k}" for k in range(len(counts))], counts)


@given(COUNTS, st.integers(2, 20), st.booleans(), st.integers(0, 3))
def test_every_image_comes_once_an_epoch_in_batches_of_nearly_equal_size(
    counts: list[int], batch_size: int, apart: bool, epoch: int
) -> None:
    ids = patients(counts)
    plan = batches(ids, TuneSpec(batch_size=batch_size, one_image_a_patient=apart), 0, epoch)
    assert sorted(np.concatenate(plan).tolist()) == list(range(len(ids)))
    sizes = [len(batch) for batch in plan]
    assert max(sizes) <= batch_size
    assert max(sizes) - min(sizes) <= 1


@given(COUNTS, st.integers(2, 20))
def test_no_batch_holds_a_patient_twice_where_that_is_asked(
    counts: list[int], batch_size: int
) -> None:
    ids = patients(counts)
    for batch in batches(ids, TuneSpec(batch_size=batch_size, one_image_a_patient=True), 0, 0):
        assert len(set(ids[batch])) == len(batch)


@pytest.mark.parametrize("apart", [False, True])
def test_the_order_is_that_of_seed_and_epoch(apart: bool) -> None:
    ids = patients([3] * 40)
    spec = TuneSpec(batch_size=8, one_image_a_patient=apart)
    orders = [
        np.concatenate(batches(ids, spec, seed, epoch)).tolist()
        for seed, epoch in ((0, 0), (0, 0), (1, 0), (0, 1))
    ]
    assert orders[0] == orders[1]
    assert len({tuple(order) for order in orders}) == 3
