from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from core.errors import DataError, ProtocolError
from core.findings import FINDINGS
from core.metrics.flags import FLAGS
from core.metrics.table import METRICS, Metric
from core.metrics.thresholds import POLICIES, choose_thresholds
from core.roles import NOT_SCORED, SourceVal, Target
from tests.fixtures.evaluated import evaluated, row_of

MakeTarget = Callable[..., Target]
MakeSourceVal = Callable[..., SourceVal]


def _scored(target: Target, column: int) -> tuple[NDArray[np.floating], NDArray[np.int8]]:
    scored = target.labels[:, column] != NOT_SCORED
    return target.values[scored, column], target.labels[scored, column]


def _other_averages(metric: Metric) -> list[str]:
    return ["micro"] * metric.micro + ["weighted"] * metric.weighted


def test_every_finding_and_average_has_a_row_per_metric_and_policy(
    make_target: MakeTarget, make_source_val: MakeSourceVal
) -> None:
    source, target = make_source_val(), make_target()
    thresholds = {name: choose_thresholds(name, source, target) for name in POLICIES}
    rows = evaluated(target, thresholds, source_val=source)
    expected = {
        (finding, name, policy)
        for name, metric in METRICS.items()
        for policy in (POLICIES if metric.needs_threshold else (None,))
        for finding in (*FINDINGS, "macro", *_other_averages(metric))
    }
    found = [(row.finding, row.metric, row.policy) for row in rows]
    assert len(found) == len(set(found))
    assert set(found) == expected
    assert {code for row in rows if row.flag for code in row.flag.split(", ")} <= set(FLAGS)


def test_values_agree_with_scikit_learn(make_target: MakeTarget) -> None:
    target = make_target()
    rows = evaluated(target, num_resamples=0)
    scored = [_scored(target, column) for column in range(14)]
    oracles = {
        ("auroc", None): [roc_auc_score(y, s) for s, y in scored],
        ("average_precision", None): [average_precision_score(y, s) for s, y in scored],
        ("f1", "fixed-0.5"): [f1_score(y, s >= 0.5) for s, y in scored],
    }
    for (metric, policy), expected in oracles.items():
        values = [row_of(rows, finding, metric, policy).value for finding in FINDINGS]
        assert values == pytest.approx(expected, abs=1e-9)
        macro = row_of(rows, "macro", metric, policy)
        assert macro.value == pytest.approx(np.mean(expected), abs=1e-9)
        assert (macro.n_labels, macro.label_set) == (14, "macro@14")


def test_micro_f1_pools_all_labelled_pairs_of_image_and_finding(make_target: MakeTarget) -> None:
    target = make_target()
    scored = target.labels != NOT_SCORED
    expected = f1_score(target.labels[scored], target.values[scored] >= 0.5)
    micro = row_of(evaluated(target), "micro", "f1", "fixed-0.5")
    assert micro.value == pytest.approx(expected, abs=1e-9)
    assert micro.label_set == "micro@14"


def test_weighted_auroc_agrees_with_scikit_learn(make_target: MakeTarget) -> None:
    target = make_target()
    target.labels[:] = (target.values > 0.6) | (target.labels == 1)
    weighted = row_of(evaluated(target), "weighted", "auroc")
    expected = roc_auc_score(target.labels, target.values, average="weighted")
    assert weighted.value == pytest.approx(expected, abs=1e-9)
    assert weighted.label_set == "weighted@14"


def test_intervals_are_percentiles_of_the_replicates(make_target: MakeTarget) -> None:
    for row in evaluated(make_target(), num_resamples=200):
        assert row.replicates.shape == (200,)
        assert row.replicates.dtype == np.float32
        expected = np.nanpercentile(row.replicates.astype(np.float64), [2.5, 97.5])
        assert (row.ci_low, row.ci_high) == pytest.approx(expected, abs=1e-6)


def test_macro_replicates_are_means_of_the_members_replicates(make_target: MakeTarget) -> None:
    rows = evaluated(make_target())
    members = [row_of(rows, finding, "auroc").replicates for finding in FINDINGS]
    macro = row_of(rows, "macro", "auroc")
    np.testing.assert_allclose(macro.replicates, np.mean(members, axis=0), atol=1e-6)


def test_a_row_counts_images_positives_and_patients_with_a_label(make_target: MakeTarget) -> None:
    target = make_target()
    scored = target.labels[:, 4] != NOT_SCORED
    row = row_of(evaluated(target), FINDINGS[4], "auroc")
    assert row.n == scored.sum()
    assert row.n_positive == (target.labels[:, 4] == 1).sum()
    assert row.n_patients == len(set(target.patient_ids[scored]))
    assert (row.n_labels, row.label_set, row.n_resamples) == (1, None, 40)


def test_the_order_of_the_images_changes_no_number(make_target: MakeTarget) -> None:
    target = make_target()
    order = np.random.default_rng(0).permutation(len(target))
    shuffled = replace(
        target,
        image_ids=target.image_ids[order],
        patient_ids=target.patient_ids[order],
        values=target.values[order],
        labels=target.labels[order],
    )
    for one, two in zip(evaluated(target), evaluated(shuffled), strict=True):
        assert one.value == pytest.approx(two.value, abs=1e-12, nan_ok=True)
        np.testing.assert_allclose(one.replicates, two.replicates, atol=1e-6)


def test_a_target_cannot_stand_in_for_source_validation(make_target: MakeTarget) -> None:
    target = make_target()
    with pytest.raises(ProtocolError, match="source validation data only"):
        evaluated(target, source_val=target)  # pyright: ignore[reportArgumentType]


def test_labels_that_are_not_resolved_are_refused(make_target: MakeTarget) -> None:
    target = make_target()
    target.labels[0, 0] = -1
    with pytest.raises(DataError, match="evaluated images, Atelectasis: 1 labels are none of"):
        evaluated(target)
