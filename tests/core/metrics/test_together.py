"""The quick way to the primary metric against the way that all metrics go."""

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from core.metrics import together
from core.metrics.bootstrap import PatientBootstrap
from core.metrics.evaluate import evaluate
from core.metrics.ranked import LabelledImages
from core.metrics.stretches import stretch_finding
from core.metrics.together import aurocs_together
from core.roles import NOT_SCORED, Target

MakeTarget = Callable[..., Target]


@pytest.mark.parametrize("decimals", [None, 1, 0])
def test_models_scored_together_have_the_rows_that_each_has_alone(
    make_target: MakeTarget, decimals: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "CHUNK", 7)
    target = make_target(num_images=300, decimals=decimals)
    target.labels[:, 3] = NOT_SCORED
    others = np.random.default_rng(4).random(target.values.shape)
    others[:, 5] = np.nan
    models = [target.values, others]
    found = aurocs_together(models, target.labels, target.patient_ids, 40, seed=2)
    for scores, rows in zip(models, found, strict=True):
        alone = evaluate(
            scores, target.labels, target.patient_ids, {}, 40, seed=2, metrics=["auroc"]
        )
        assert rows == alone
        for row, other in zip(rows, alone, strict=True):
            np.testing.assert_array_equal(row.replicates, other.replicates)


@pytest.mark.parametrize("num_tied", [0, 1, 150, 400])
def test_a_group_of_ties_of_any_size_counts_one_half(num_tied: int) -> None:
    rng = np.random.default_rng(num_tied)
    scores, labels = rng.random(400), (rng.random(400) < 0.4).astype(np.int8)
    scores[rng.permutation(400)[:num_tied]] = 0.5
    patients = np.sort(rng.integers(60, size=400)).astype(str)
    bootstrap = PatientBootstrap(patients, 3, 9)
    counts = next(bootstrap.chunks(9))
    finding = stretch_finding(
        LabelledImages(scores, labels, bootstrap.patient_rows), bootstrap.num_patients
    )
    weights = bootstrap.image_weights(counts)
    aurocs, positive = finding.auroc(counts)
    expected = [roc_auc_score(labels, scores, sample_weight=weight) for weight in weights.T]
    np.testing.assert_allclose(aurocs, expected, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(positive, weights[labels == 1].sum(axis=0))
