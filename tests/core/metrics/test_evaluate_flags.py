"""What `evaluate` says about numbers that are missing or cannot be trusted."""

from collections.abc import Callable

import numpy as np
import pytest

from core.findings import FINDINGS, Finding
from core.metrics.flags import NO_FIT, REASONS, ZERO_DENOMINATOR, codes
from core.metrics.rules import Threshold
from core.metrics.sample import label_set_name
from core.metrics.thresholds import choose_thresholds
from core.metrics.values import MetricValue
from core.roles import NOT_SCORED, SourceVal, Target
from tests.fixtures.evaluated import Thresholds, evaluated, row_of

MakeTarget = Callable[..., Target]
MakeSourceVal = Callable[..., SourceVal]


@pytest.mark.parametrize(
    ("label", "score", "flag", "n"),
    [
        (NOT_SCORED, None, "not-annotated", 0),
        (0, None, "one-class", 120),
        (1, None, "one-class", 120),
        (None, np.nan, "not-predicted", None),
    ],
)
def test_a_finding_without_value_keeps_its_rows_and_leaves_the_macro(
    make_target: MakeTarget, label: int | None, score: float | None, flag: str, n: int | None
) -> None:
    target = make_target()
    column = FINDINGS.index(Finding.HERNIA)
    if label is not None:
        target.labels[:, column] = label
    if score is not None:
        target.values[:, column] = score
    rows = evaluated(target)
    for row in (row for row in rows if row.finding == Finding.HERNIA):
        assert (row.value, row.ci_low, row.ci_high, row.flag) == (None, None, None, flag)
        assert row.n == (n if n is not None else (target.labels[:, column] != NOT_SCORED).sum())
        assert np.isnan(row.replicates).all()
    rest = tuple(finding for finding in FINDINGS if finding != Finding.HERNIA)
    macro, micro = row_of(rows, "macro", "auroc"), row_of(rows, "micro", "f1", "fixed-0.5")
    members = np.array([row_of(rows, finding, "auroc").value for finding in rest], dtype=np.float64)
    assert macro.value == pytest.approx(members.mean(), abs=1e-12)
    assert (macro.n_labels, macro.label_set) == (13, label_set_name("macro", rest))
    assert (micro.n_labels, micro.label_set) == (13, label_set_name("micro", rest))


def test_nothing_annotated_is_a_full_table_of_undefined_rows(make_target: MakeTarget) -> None:
    target = make_target()
    target.labels[:] = NOT_SCORED
    rows = evaluated(target)
    assert {(row.value, row.n) for row in rows} == {(None, 0)}
    macro = row_of(rows, "macro", "auroc")
    assert (macro.flag, macro.n_labels) == ("no-findings", 0)


def test_no_image_at_all_is_a_full_table_of_undefined_rows(make_target: MakeTarget) -> None:
    rows = evaluated(make_target(num_images=0))
    assert {(row.value, row.n, row.n_resamples) for row in rows} == {(None, 0, 40)}


def test_one_patient_gives_a_value_without_interval(make_target: MakeTarget) -> None:
    rows = evaluated(make_target(num_patients=1))
    for finding in (Finding.MASS, "macro"):
        row = row_of(rows, finding, "auroc")
        assert row.value is not None
        assert (row.ci_low, row.ci_high) == (None, None)
        assert row.flag == "one-patient, undefined-replicates"
        assert np.isnan(row.replicates).all()


def test_few_positive_patients_are_flagged_and_so_is_the_macro(make_target: MakeTarget) -> None:
    target = make_target(num_images=600, num_patients=900)
    rows = evaluated(target)
    assert row_of(rows, "macro", "auroc").flag is None
    positive = np.flatnonzero(target.labels[:, 2] == 1)
    target.labels[positive[19:], 2] = 0
    rows = evaluated(target)
    assert row_of(rows, FINDINGS[2], "auroc").flag == "few-positives"
    assert row_of(rows, FINDINGS[3], "auroc").flag is None
    assert row_of(rows, "macro", "auroc").flag == "few-positives"


def test_positives_that_weigh_like_few_patients_are_flagged(make_target: MakeTarget) -> None:
    target = make_target(num_images=600, num_patients=900)
    positive = np.flatnonzero(target.labels[:, 2] == 1)
    target.labels[positive[50:], 2] = 0
    rows = evaluated(target)
    assert row_of(rows, FINDINGS[2], "auroc").flag == "thin-positives"
    assert row_of(rows, FINDINGS[3], "auroc").flag is None
    assert row_of(rows, "macro", "auroc").flag == "thin-positives"


def test_replicates_that_miss_a_member_are_undefined_and_flagged(make_target: MakeTarget) -> None:
    target = make_target(num_patients=120)
    target.labels[:, 2] = 0
    target.labels[:2, 2] = 1
    rows = evaluated(target, num_resamples=300)
    row, macro = row_of(rows, FINDINGS[2], "auroc"), row_of(rows, "macro", "auroc")
    # Both positive patients are missed with probability (1 − 2/P)^P, about exp(−2).
    assert np.isnan(row.replicates).mean() == pytest.approx(np.exp(-2), abs=0.06)
    np.testing.assert_array_equal(np.isnan(macro.replicates), np.isnan(row.replicates))
    assert row.flag == "few-positives, undefined-replicates"
    assert macro.flag == "few-positives, undefined-replicates"
    assert macro.ci_low is not None


def test_zero_over_zero_is_undefined_and_says_so(make_target: MakeTarget) -> None:
    unreachable = (Threshold(2.0, 0, 0),) * 14
    row = row_of(
        evaluated(make_target(), {"fixed-0.5": unreachable}), "Mass", "precision", "fixed-0.5"
    )
    assert (row.value, row.ci_low, row.flag) == (None, None, "zero-denominator")
    f1_row = row_of(evaluated(make_target(), {"fixed-0.5": unreachable}), "Mass", "f1", "fixed-0.5")
    assert f1_row.value == 0.0


def test_a_finding_without_threshold_undoes_the_macro_of_that_policy(
    make_target: MakeTarget,
) -> None:
    missing = Threshold(None, 0, 0, "not-annotated")
    rows = evaluated(make_target(), {"source-val": (missing, *(Threshold(0.5, 9, 3),) * 13)})
    for finding in (FINDINGS[0], "macro", "micro"):
        row = row_of(rows, finding, "f1", "source-val")
        assert row.value is None
        assert "no-threshold" in str(row.flag)
    assert row_of(rows, FINDINGS[1], "f1", "source-val").value is not None


def test_source_thresholds_are_given_unless_source_validation_is_at_hand(
    make_target: MakeTarget, make_source_val: MakeSourceVal
) -> None:
    source, target = make_source_val(num_patients=150), make_target(300, 600, 900)
    thresholds: Thresholds = {"source-val": choose_thresholds("source-val", source)}
    given = row_of(evaluated(target, thresholds), "macro", "f1", "source-val")
    anew = row_of(evaluated(target, thresholds, source_val=source), "macro", "f1", "source-val")
    assert given.value == anew.value
    assert given.flag == "given-thresholds"
    assert anew.flag is None
    assert given.ci_low is not None
    assert anew.ci_low is not None


def test_a_fallen_back_threshold_is_flagged_in_its_rows(
    make_target: MakeTarget, make_source_val: MakeSourceVal
) -> None:
    source = make_source_val(num_patients=10)
    thresholds: Thresholds = {"source-val": choose_thresholds("source-val", source)}
    rows = evaluated(make_target(), thresholds, source_val=source)
    assert "rate-fallback" in str(row_of(rows, "Mass", "f1", "source-val").flag)
    assert "rate-fallback" not in str(row_of(rows, "Mass", "auroc").flag)


def test_a_finding_that_source_validation_lacks_keeps_its_given_threshold(
    make_target: MakeTarget, make_source_val: MakeSourceVal
) -> None:
    source = make_source_val()
    source.labels[:, 0] = NOT_SCORED
    rows = evaluated(make_target(), {"source-val": (Threshold(0.5, 9, 3),) * 14}, source_val=source)
    assert "given-thresholds" in str(row_of(rows, FINDINGS[0], "f1", "source-val").flag)
    assert "given-thresholds" not in str(row_of(rows, FINDINGS[1], "f1", "source-val").flag)


UNREACHABLE = (Threshold(2.0, n=9, n_positive=3),) * 14


def _unreached(target: Target, policy: str = "source-val") -> list[MetricValue]:
    return evaluated(target, {policy: UNREACHABLE}, num_resamples=20)


@pytest.mark.parametrize("finding", ["Mass", "macro", "micro"])
def test_zero_over_zero_is_the_reason_even_where_thresholds_are_given(
    make_target: MakeTarget, finding: str
) -> None:
    rows = _unreached(make_target(num_images=600, num_patients=900))
    assert row_of(rows, finding, "precision", "source-val").flag == "zero-denominator"
    assert row_of(rows, finding, "recall", "source-val").flag == "given-thresholds"


def test_a_finding_without_labels_speaks_of_no_threshold(make_target: MakeTarget) -> None:
    target = make_target()
    target.labels[:, 0] = NOT_SCORED
    assert row_of(_unreached(target), FINDINGS[0], "f1", "source-val").flag == "not-annotated"


def test_a_fallback_is_told_beside_the_reason(make_target: MakeTarget) -> None:
    target = make_target(num_images=600, num_patients=900)
    fallen = (Threshold(2.0, n=9, n_positive=3, flag="rate-fallback"),) * 14
    rows = evaluated(target, {"source-val": fallen}, num_resamples=20)
    assert row_of(rows, "Mass", "precision", "source-val").flag == "zero-denominator, rate-fallback"


@pytest.mark.parametrize("policy", ["fixed-0.5", "source-val", "target-rate"])
def test_a_row_has_a_value_or_a_reason_and_never_both(make_target: MakeTarget, policy: str) -> None:
    target = make_target()
    target.labels[:, 0] = NOT_SCORED
    target.labels[:, 1] = 0
    target.values[:, 2] = np.nan
    for row in _unreached(target, policy):
        reasons = (REASONS | {ZERO_DENOMINATOR, NO_FIT}).intersection(codes(row.flag))
        assert (row.value is None) == bool(reasons)
