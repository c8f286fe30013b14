from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import f1_score

from core.errors import ConfigError, DataError, ProtocolError
from core.findings import NUM_FINDINGS
from core.metrics.thresholds import DEFAULT_POLICY, POLICIES, Basis, choose_thresholds
from core.roles import NOT_SCORED, SourceVal, Target
from core.tables import TARGET_USES

MakeTarget = Callable[..., Target]
MakeSourceVal = Callable[..., SourceVal]

ON_SOURCE = [
    name for name, each in POLICIES.items() if each.basis in (Basis.SOURCE_VAL, Basis.BOTH)
]
ON_EVALUATED = [
    name for name, each in POLICIES.items() if each.basis in (Basis.EVALUATED, Basis.BOTH)
]


@pytest.mark.parametrize("name", POLICIES)
def test_every_policy_gives_every_finding_a_threshold_from_the_data_it_says_it_needs(
    name: str, make_source_val: MakeSourceVal, make_target: MakeTarget
) -> None:
    policy = POLICIES[name]
    source = make_source_val() if name in ON_SOURCE else None
    evaluated = make_target() if name in ON_EVALUATED else None
    chosen = choose_thresholds(name, source, evaluated)
    assert policy.name == name
    assert policy.target_use in TARGET_USES
    assert len(chosen) == NUM_FINDINGS
    assert all(each.value is not None for each in chosen)
    assert policy.fallback is None or policy.fallback in POLICIES


@pytest.mark.parametrize("name", ON_SOURCE)
def test_a_target_cannot_choose_thresholds(name: str, make_target: MakeTarget) -> None:
    with pytest.raises(ProtocolError, match=f"'{name}' may use source validation data only"):
        choose_thresholds(name, make_target(), make_target())


@pytest.mark.parametrize("name", ON_SOURCE)
def test_source_validation_is_asked_for_where_it_is_missing(
    name: str, make_target: MakeTarget
) -> None:
    with pytest.raises(ProtocolError, match=f"'{name}' needs source validation"):
        choose_thresholds(name, None, make_target())


@pytest.mark.parametrize("name", ON_EVALUATED)
def test_the_evaluated_data_are_asked_for_where_they_are_missing(
    name: str, make_source_val: MakeSourceVal
) -> None:
    with pytest.raises(ProtocolError, match=f"'{name}' needs the evaluated data"):
        choose_thresholds(name, make_source_val(), None)


@pytest.mark.parametrize(
    "name", [name for name, each in POLICIES.items() if each.target_use == "none"]
)
def test_a_policy_without_target_use_gives_the_same_whatever_the_target(
    name: str, make_source_val: MakeSourceVal, make_target: MakeTarget
) -> None:
    source = make_source_val()
    alone = choose_thresholds(name, source, None)
    assert choose_thresholds(name, source, make_target(seed=9)) == alone


def test_target_rate_reads_no_label_of_the_target(
    make_source_val: MakeSourceVal, make_target: MakeTarget
) -> None:
    source, target = make_source_val(), make_target()
    blind = replace(target, labels=np.full_like(target.labels, NOT_SCORED))
    chosen = choose_thresholds("target-rate", source, blind)
    assert chosen == choose_thresholds("target-rate", source, target)


def test_source_val_maximises_f1_of_each_findings_labelled_images(
    make_source_val: MakeSourceVal,
) -> None:
    source = make_source_val(num_images=200, num_patients=200)
    for column, chosen in enumerate(choose_thresholds("source-val", source)[:4]):
        scored = source.labels[:, column] != NOT_SCORED
        scores, labels = source.values[scored, column], source.labels[scored, column]
        best = max(f1_score(labels, scores >= each) for each in scores)
        assert f1_score(labels, scores >= chosen.value) == pytest.approx(best, abs=1e-12)
        assert (chosen.n, chosen.n_positive, chosen.flag) == (len(labels), labels.sum(), None)


def test_few_positive_patients_fall_back_to_source_rate_flagged(
    make_source_val: MakeSourceVal,
) -> None:
    source = make_source_val(num_patients=19)
    fallen = choose_thresholds("source-val", source)
    assert {each.flag for each in fallen} == {"rate-fallback"}
    assert [each.value for each in fallen] == [
        each.value for each in choose_thresholds("source-rate", source)
    ]


def test_the_oracle_is_at_least_as_good_as_any_other_policy_on_the_target(
    make_source_val: MakeSourceVal, make_target: MakeTarget
) -> None:
    source, target = make_source_val(), make_target()
    scored = target.labels[:, 0] != NOT_SCORED
    scores, labels = target.values[scored, 0], target.labels[scored, 0]
    f1 = {
        name: f1_score(labels, scores >= choose_thresholds(name, source, target)[0].value)
        for name in POLICIES
    }
    assert f1["oracle"] == max(f1.values())


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(ConfigError, match="Unknown threshold policy 'best'"):
        choose_thresholds("best")


def test_broken_scores_are_named(make_source_val: MakeSourceVal) -> None:
    source = make_source_val()
    source.values[3, 0] = np.nan
    with pytest.raises(DataError, match=r"home \(val\), Atelectasis: 1 of 150 scores"):
        choose_thresholds(DEFAULT_POLICY, source)
