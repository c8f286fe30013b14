"""No metric breaks, or gives a number where there is none, however little there is to score."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.findings import FINDINGS, NUM_FINDINGS
from core.metrics.evaluate import evaluate
from core.metrics.flags import ONE_PATIENT, REASONS, codes
from core.metrics.rules import Threshold
from core.metrics.table import METRICS
from core.roles import NOT_SCORED

FIXED = {"fixed-0.5": (Threshold(0.5, 0, 0),) * NUM_FINDINGS}
NUM_ROWS = sum(NUM_FINDINGS + 1 + each.weighted + each.micro for each in METRICS.values())


@settings(max_examples=30)
@given(
    num_images=st.integers(1, 6),
    num_patients=st.integers(1, 3),
    seed=st.integers(0, 10**6),
    cells=st.sampled_from([(NOT_SCORED,), (0,), (1,), (0, 1), (0, 1, NOT_SCORED)]),
    decimals=st.integers(0, 3),
)
def test_every_metric_of_tiny_samples_is_a_value_or_null_with_its_n_and_reason(
    num_images: int, num_patients: int, seed: int, cells: tuple[int, ...], decimals: int
) -> None:
    rng = np.random.default_rng(seed)
    shape = (num_images, NUM_FINDINGS)
    labels = rng.choice(cells, shape).astype(np.int8)
    scores = rng.random(shape).round(decimals)
    scores[:, rng.random(NUM_FINDINGS) < 0.2] = np.nan
    patients = rng.integers(num_patients, size=num_images).astype(str)
    rows = evaluate(scores, labels, patients, FIXED, 12, seed)
    assert len(rows) == NUM_ROWS
    for row in rows:
        if row.value is None:
            assert row.flag
            assert (row.ci_low, row.ci_high) == (None, None)
        if row.value is not None and row.n_patients == 1:
            assert ONE_PATIENT in codes(row.flag)
            assert (row.ci_low, row.ci_high) == (None, None)
        if row.finding not in FINDINGS:
            continue
        column = FINDINGS.index(row.finding)
        scored = labels[:, column] != NOT_SCORED
        assert row.n == scored.sum()
        assert row.n_positive == (labels[:, column] == 1).sum()
        assert row.n_patients == len(set(patients[scored]))
        is_known = not np.isnan(scores[:, column]).any() and 0 < row.n_positive < row.n
        assert is_known or row.value is None
        assert is_known != bool(REASONS.intersection(codes(row.flag)))
