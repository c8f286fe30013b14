"""Threshold policies: how a score becomes a prediction, and whose data that may use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.errors import ProtocolError
from core.findings import NUM_FINDINGS
from core.lookup import lookup
from core.metrics.inputs import check_inputs
from core.metrics.rules import (
    Rule,
    Threshold,
    best_f1_or_rate,
    best_f1_rule,
    labelled_scores,
    own_rate_rule,
    rate_threshold,
    threshold_by,
)
from core.roles import Examples, SourceVal, require_role

FIXED = 0.5


class Basis(StrEnum):
    """The data that a policy needs."""

    NOTHING = "no data"
    SOURCE_VAL = "source validation"
    EVALUATED = "the evaluated data"
    BOTH = "source validation and the evaluated data"


Choose = Callable[[Examples | None, Examples | None], tuple[Threshold, ...]]
"""The thresholds of the 14 findings, from source validation and from the evaluated data."""


@dataclass(frozen=True)
class Policy:
    """One row of `POLICIES`.

    Args:
        name: As users and tables say it.
        label: For people.
        target_use: What of the target it uses: none, unlabelled, labels.
        basis: The data that it needs.
        choose: Chooses the 14 thresholds.
        rule: Chooses a threshold anew in each replicate of the basis; None where that is not
            done, and the interval then takes the thresholds as given.
        fallback: The policy whose rule a threshold flagged `rate-fallback` obeys.
    """

    name: str
    label: str
    target_use: str
    basis: Basis
    choose: Choose
    rule: Rule | None = None
    fallback: str | None = None


def choose_thresholds(
    policy: str, source_val: Examples | None = None, evaluated: Examples | None = None
) -> tuple[Threshold, ...]:
    """The thresholds of the 14 findings under one policy.

    Args:
        policy: A name in `POLICIES`.
        source_val: Scores [N, 14] and labels of source validation, where the policy needs them.
        evaluated: Scores [N, 14] and labels of the evaluated data, where the policy needs them.

    Raises:
        ConfigError: If there is no such policy.
        ProtocolError: If data that it needs are missing, or are in another role.
        DataError: If scores or labels break their format.
    """
    return lookup(POLICIES, policy, "threshold policy").choose(source_val, evaluated)


def _fixed(source_val: Examples | None, evaluated: Examples | None) -> tuple[Threshold, ...]:
    del source_val, evaluated
    return (Threshold(FIXED, n=0, n_positive=0),) * NUM_FINDINGS


def _source_f1(source_val: Examples | None, evaluated: Examples | None) -> tuple[Threshold, ...]:
    del evaluated
    source = _source_val(source_val, "source-val")
    return tuple(best_f1_or_rate(labelled_scores(source, k)) for k in range(NUM_FINDINGS))


def _source_rate(source_val: Examples | None, evaluated: Examples | None) -> tuple[Threshold, ...]:
    del evaluated
    source = _source_val(source_val, "source-rate")
    return tuple(
        threshold_by(own_rate_rule, labelled_scores(source, k)) for k in range(NUM_FINDINGS)
    )


def _target_rate(source_val: Examples | None, evaluated: Examples | None) -> tuple[Threshold, ...]:
    # Every score counts, labelled or not: the labels of the evaluated data are not read.
    source = _source_val(source_val, "target-rate")
    target = _evaluated(evaluated, "target-rate")
    return tuple(
        rate_threshold(target.values[:, k], labelled_scores(source, k)) for k in range(NUM_FINDINGS)
    )


def _oracle(source_val: Examples | None, evaluated: Examples | None) -> tuple[Threshold, ...]:
    del source_val
    target = _evaluated(evaluated, "oracle")
    return tuple(
        threshold_by(best_f1_rule, labelled_scores(target, k)) for k in range(NUM_FINDINGS)
    )


def _source_val(examples: Examples | None, policy: str) -> SourceVal:
    given = _checked(examples, policy, Basis.SOURCE_VAL)
    return require_role(given, SourceVal, f"Threshold policy {policy!r}")


def _evaluated(examples: Examples | None, policy: str) -> Examples:
    return _checked(examples, policy, Basis.EVALUATED)


def _checked(examples: Examples | None, policy: str, needed: Basis) -> Examples:
    if examples is None:
        raise ProtocolError(f"Threshold policy {policy!r} needs {needed}, but was given none.")
    where = f"{examples.dataset} ({examples.split})"
    check_inputs(examples.values, examples.labels, examples.patient_ids, where)
    return examples


DEFAULT_POLICY = "source-val"

POLICIES: Mapping[str, Policy] = {
    "fixed-0.5": Policy(
        name="fixed-0.5",
        label="0.5",
        target_use="none",
        basis=Basis.NOTHING,
        choose=_fixed,
    ),
    "source-val": Policy(
        name="source-val",
        label="highest F1 on source validation",
        target_use="none",
        basis=Basis.SOURCE_VAL,
        choose=_source_f1,
        rule=best_f1_rule,
        fallback="source-rate",
    ),
    "source-rate": Policy(
        name="source-rate",
        label="prevalence of source validation, its scores",
        target_use="none",
        basis=Basis.SOURCE_VAL,
        choose=_source_rate,
        rule=own_rate_rule,
    ),
    "target-rate": Policy(
        name="target-rate",
        label="prevalence of source validation, scores of the target",
        target_use="unlabelled",
        basis=Basis.BOTH,
        choose=_target_rate,
    ),
    "oracle": Policy(
        name="oracle",
        label="highest F1 on the target itself",
        target_use="labels",
        basis=Basis.EVALUATED,
        choose=_oracle,
        rule=best_f1_rule,
    ),
}
