"""From values and replicates to the rows of the metrics table: intervals, averages and flags.

Shapes: B replicates; values are [1 + B], the sample itself first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.findings import Finding
from core.metrics.bootstrap import Interval, percentile_interval
from core.metrics.flags import (
    BIASED_REPLICATES,
    MAX_UNDEFINED_SHARE,
    NO_FINDINGS,
    UNDEFINED_REPLICATES,
    joined,
    missing_flag,
)
from core.metrics.operating import pooled
from core.metrics.planning import Plan
from core.metrics.ratio import ROUNDING, Values, defined, ratio
from core.metrics.replicates import FindingReplicates
from core.metrics.sample import Sample, label_set_name
from core.metrics.table import Metric
from core.metrics.values import MACRO, MICRO, WEIGHTED, MetricValue


@dataclass(frozen=True, eq=False)
class FindingResult:
    """One finding after resampling.

    Args:
        finding: Which.
        sample: Its labelled images.
        reason: Why it has no value at all; None if it has one.
        replicates: What the replicates say; None where it has no value.
        plan: Its thresholds by policy.
    """

    finding: Finding
    sample: Sample
    reason: str | None
    replicates: FindingReplicates | None
    plan: Plan


@dataclass(frozen=True, eq=False)
class Averages:
    """The fixed set of findings that averages cover, and who stands behind it.

    Args:
        members: Findings with both classes and a prediction.
        sample: The images of any member.
        num_resamples: B.
    """

    members: tuple[FindingResult, ...]
    sample: Sample
    num_resamples: int

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The members' names."""
        return tuple(member.finding for member in self.members)


@dataclass(frozen=True)
class Question:
    """One metric under one policy.

    Args:
        metric: The metric.
        policy: A name in `POLICIES`; None where the metric needs no threshold.
    """

    metric: Metric
    policy: str | None

    def values(self, result: FindingResult) -> Values | None:
        """One finding's values [1 + B]; None where it has none, or not under this policy."""
        if result.replicates is None:
            return None
        if self.metric.of_counts is None or self.policy is None:
            return result.replicates.values[self.metric.name]
        return self.metric.of_counts(result.replicates.counts[self.policy])

    def flags(self, result: FindingResult) -> str | None:
        """What is to be said about one finding's answer."""
        if result.reason or not self.policy:
            return result.reason
        return result.plan[self.policy].flag


@dataclass(frozen=True)
class _Subject:
    finding: str
    label_set: str | None
    num_labels: int
    sample: Sample


def metric_rows(
    question: Question, results: Sequence[FindingResult], averages: Averages
) -> Iterator[MetricValue]:
    """The rows of one metric under one policy: the findings, and the averages that it has.

    Args:
        question: The metric and the policy.
        results: One per finding.
        averages: The findings that averages cover.
    """
    undefined = np.full(1 + averages.num_resamples, np.nan)
    for result in results:
        subject = _Subject(result.finding, None, 1, result.sample)
        values = question.values(result)
        known = undefined if values is None else _with_interval(values, result.sample)
        yield _row(question, subject, known, question.flags(result))
    yield _average(question, averages, MACRO, _macro(question, averages))
    if question.metric.weighted:
        yield _average(question, averages, WEIGHTED, _weighted(question, averages))
    if question.metric.micro:
        yield _average(question, averages, MICRO, _micro(question, averages))


def _macro(question: Question, averages: Averages) -> Values | None:
    each = _of_members(question, averages)
    # The set is fixed: a replicate that misses a member is undefined, as NaN makes it.
    return np.mean(each, axis=0) if each else None


def _weighted(question: Question, averages: Averages) -> Values | None:
    """Σ n⁺ · value / Σ n⁺ in each replicate, as scikit-learn's `average="weighted"`."""
    each = _of_members(question, averages)
    positives = [member.replicates.positive for member in averages.members if member.replicates]
    # Not np.average, which raises where a replicate draws no positive at all.
    total = np.sum(positives, axis=0)
    return ratio(np.sum(np.multiply(each, positives), axis=0), total) if each else None


def _of_members(question: Question, averages: Averages) -> list[Values]:
    return [
        _with_interval(values, member.sample)
        for member in averages.members
        if (values := question.values(member)) is not None
    ]


def _micro(question: Question, averages: Averages) -> Values | None:
    counts = [
        member.replicates.counts[question.policy]
        for member in averages.members
        if member.replicates and question.policy
    ]
    of_counts = question.metric.of_counts
    return of_counts(pooled(counts)) if counts and of_counts else None


def _average(
    question: Question, averages: Averages, kind: str, values: Values | None
) -> MetricValue:
    findings, members = averages.findings, averages.members
    subject = _Subject(kind, label_set_name(kind, findings), len(findings), averages.sample)
    if values is None:
        undefined = np.full(1 + averages.num_resamples, np.nan)
        return _row(question, subject, undefined, NO_FINDINGS)
    known = _with_interval(values, averages.sample)
    return _row(question, subject, known, joined(question.flags(each) for each in members))


def _with_interval(values: Values, sample: Sample) -> Values:
    """`values`, their replicates undefined where one patient is all that could be drawn."""
    if sample.n_patients > 1:
        return values
    return np.concatenate((values[:1], np.full(len(values) - 1, np.nan)))


def _row(question: Question, subject: _Subject, values: Values, flags: str | None) -> MetricValue:
    value, replicates, sample = defined(values[0]), values[1:], subject.sample
    interval = percentile_interval(replicates)
    has_value = value is not None
    flag = missing_flag(flags, question.metric.undefined)
    if has_value:
        flag = joined((flags, *_interval_flags(sample, interval, values)))
    return MetricValue(
        finding=subject.finding,
        metric=question.metric.name,
        policy=question.policy,
        label_set=subject.label_set,
        value=value,
        ci_low=interval.low if has_value else None,
        ci_high=interval.high if has_value else None,
        flag=flag,
        n=sample.n,
        n_positive=sample.n_positive,
        n_patients=sample.n_patients,
        n_labels=subject.num_labels,
        n_resamples=len(replicates),
        replicates=replicates.astype(np.float32),
    )


def _interval_flags(sample: Sample, interval: Interval, values: Values) -> Iterator[str]:
    yield from sample.interval_flags
    if interval.num_undefined > MAX_UNDEFINED_SHARE * (len(values) - 1):
        yield UNDEFINED_REPLICATES
    low, high = interval.low, interval.high
    if low is not None and high is not None and not low - ROUNDING <= values[0] <= high + ROUNDING:
        yield BIASED_REPLICATES
